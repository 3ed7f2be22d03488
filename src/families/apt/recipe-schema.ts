import type { JsonSchema } from '../../json-schema.ts';
import type { FormSchema } from '../../recipe/form.ts';
import { VARIANTS } from './recipe.ts';

const POCKET: JsonSchema = {
  description: 'One signed repository of the suite; null takes one away that `like` gives.',
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    suite: {
      description:
        "The folder below `dists/`. Without it: the recipe's suite for `release`, SUITE-NAME for others.",
      type: 'string',
      pattern: '^[A-Za-z0-9/][A-Za-z0-9._+/-]*$',
    },
    alsoNamed: {
      description: 'Further names that its Release may carry as Suite or Codename.',
      type: 'array',
      items: {
        type: 'string',
      },
    },
    mirrors: {
      $ref: '#/$defs/mirrors',
    },
    lastReleases: {
      description:
        'sha256 of the last Release of a suite that has ended, as each archive has it: good though its keys have expired since.',
      type: 'array',
      items: {
        type: 'string',
        pattern: '^[0-9a-f]{64}$',
      },
    },
    snapshots: {
      description: 'Where its states of the past are, each below a moment as in 20240131T120000Z.',
      type: 'string',
      pattern: '^https?://\\S*[^/\\s]$',
    },
    sibling: {
      description:
        "Where mirrors keep this pocket in a tree of its own: the path segment `of` of the main archive's address reads `is` there.",
      type: 'object',
      additionalProperties: false,
      required: ['of', 'is'],
      properties: {
        of: {
          type: 'string',
        },
        is: {
          type: 'string',
        },
      },
    },
    components: {
      description: 'Where they are not those of the recipe.',
      type: 'array',
      items: {
        type: 'string',
      },
    },
    separate: {
      description:
        "It is in an archive of its own, for which neither MIRROR nor the host's mirrors stand. `signedBy`: the keyring in the image that its source names.",
      type: 'object',
      additionalProperties: false,
      required: ['signedBy'],
      properties: {
        signedBy: {
          type: ['string', 'null'],
          pattern: '^/\\S+$',
        },
      },
    },
    keys: {
      description:
        'Keys that sign it, where they are not those of the recipe. The image gets them where `separate` names no keyring.',
      type: 'array',
      items: {
        $ref: '#/$defs/key',
      },
    },
  },
};

/** The part of a recipe that only this family has. */
export const SCHEMA: FormSchema = {
  properties: {
    keys: {
      description:
        'Keys that sign the archive: files beside this one, armored text, or a name with the text.',
      type: 'array',
      items: {
        $ref: '#/$defs/key',
      },
    },
    pockets: {
      description:
        "The parts of the suite by name, resolved together, in the order of apt's sources. One is `release`.",
      type: 'object',
      propertyNames: {
        pattern: '^[a-z0-9][a-z0-9._+-]*$',
      },
      additionalProperties: {
        $ref: '#/$defs/pocket',
      },
    },
    preferences: {
      description: 'Packages to take before others where both satisfy a dependency.',
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['prefer', 'over', 'reason'],
        properties: {
          prefer: {
            type: 'string',
          },
          over: {
            type: 'string',
          },
          reason: {
            type: 'string',
          },
        },
      },
    },
    extra: {
      description: 'Packages of a variant that the index does not mark.',
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        VARIANTS.map((name) => [name, { type: 'array', items: { type: 'string' } }]),
      ),
    },
    withoutRequired: {
      description: 'Variants without the packages of Priority required.',
      type: 'array',
      items: { enum: VARIANTS },
    },
    solver: {
      description: "The solver of the suite's own apt, the classic one or that of apt 3.",
      enum: ['apt', '3'],
    },
    splitUsr: {
      description: 'Variants in which /bin, /sbin and /lib are real directories.',
      type: 'array',
      items: { enum: VARIANTS },
    },
    silenced: {
      description: 'Programs that must do nothing but succeed while scripts run.',
      type: 'array',
      items: {
        type: 'string',
        pattern: '^/',
      },
    },
  },
  image: {
    sourcesStyle: {
      description: 'The form of its sources.',
      enum: ['one-line', 'deb822'],
    },
    signedBy: {
      description:
        "Path inside the image of the keyring that the suite's own package brings; null where that is trusted without. In a file that names keys and not this, the keys are written into the image.",
      type: ['string', 'null'],
      pattern: '^/',
    },
    ownKeys: {
      description: 'Key files that no package of the suite brings, written beside the sources of the image.',
      type: 'array',
      items: {
        type: 'string',
      },
    },
    keyrings: {
      description: 'Where keys of further sources go.',
      type: 'string',
      pattern: '^/',
    },
    docker: {
      description: 'What --docker-settings writes.',
      type: 'object',
      additionalProperties: false,
      properties: {
        gzipOrder: {
          type: 'boolean',
        },
        pathRules: {
          description: 'As in dpkg.cfg.',
          type: 'array',
          items: {
            type: 'string',
            pattern: '^path-(in|ex)clude=',
          },
        },
      },
    },
  },
  $defs: { pocket: POCKET },
  complete: {
    required: ['keys', 'pockets'],
    properties: {
      pockets: {
        required: ['release'],
        additionalProperties: { required: ['suite', 'mirrors'] },
      },
    },
  },
};
