/** The section of this family in a request. */
import type { FamilyChoices } from '../../job.ts';
import type { RequestSection } from '../family.ts';

type ApkChoices = Pick<FamilyChoices, 'checkPackages'>;

export const requestSection: RequestSection = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      checkPackages: {
        description: 'Whether packages must carry good signatures of their own, where they have some.',
        type: 'boolean',
      },
    },
    required: ['checkPackages'],
  },
  write: ({ checkPackages }): ApkChoices => ({ checkPackages }),
  read: (options) => options as ApkChoices,
};
