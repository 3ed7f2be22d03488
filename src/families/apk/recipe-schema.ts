import type { FormSchema } from '../../recipe/form.ts';
import { VARIANTS } from './recipe.ts';

/** The part of a recipe that only this family has. */
export const SCHEMA: FormSchema = {
  properties: {
    keys: {
      description:
        'Keys that sign its indexes, by architecture: files beside this one, or a name with the text.',
      type: 'object',
      additionalProperties: {
        type: 'array',
        items: {
          $ref: '#/$defs/key',
        },
      },
    },
    branch: {
      description: "The folder between a mirror's root and its components; the suite where it is left out.",
      type: 'string',
      pattern: '^([A-Za-z0-9][A-Za-z0-9._+-]*)?$',
    },
    mirrors: {
      $ref: '#/$defs/mirrors',
    },
    signsWithSha1: {
      description: 'Whether its indexes are signed with SHA-1 to this day.',
      type: 'boolean',
    },
    worlds: {
      description: 'The world of each variant, as in /etc/apk/world.',
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        VARIANTS.map((name) => [name, { type: 'array', items: { type: 'string' } }]),
      ),
    },
  },
  image: {
    rootPassword: {
      description: "What root's password is where the package leaves it empty.",
      enum: ['*', '!'],
    },
    releaseFiles: {
      description: 'The package whose files below /etc say what release it is, where it is not installed.',
      type: ['string', 'null'],
    },
    apkTools: {
      description: 'The version of apk-tools whose database the branch has.',
      enum: [2, 3],
    },
  },
  complete: {
    required: ['keys', 'mirrors', 'worlds'],
    properties: { worlds: { required: VARIANTS } },
  },
};
