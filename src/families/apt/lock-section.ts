/** The section of this family in a lock. */
import type { Job, Pin } from '../../job.ts';
import type { LockedFamily } from '../../lock/lock.ts';
import type { LockSection } from '../../lock/section.ts';
import type { Solver } from './recipe.ts';

export interface AptOptions {
  readonly recommends: boolean;
  readonly solver: Solver;
  readonly preferences: boolean;
  /** sha256 of the answers given to debconf, which may hold secrets; null where none are. */
  readonly debconfSelections: string | null;
  readonly pins: readonly Pin[];
  /** The moment that the suite's pockets were taken as of, ISO 8601: their Valid-Until was judged by it. */
  readonly snapshot: string | null;
  /** Package files of the user's machine, `sha256:HEX`. */
  readonly local: readonly string[];
}

export interface AptImage {
  readonly mergedUsr: boolean;
  /** Programs that do nothing while scripts run: the recipe's. */
  readonly silenced: readonly string[];
  /** Whether services stay forbidden and silenced programs diverted, as in Docker's images. */
  readonly dockerSettings: boolean;
  /** Whether `status.d` stands in the place of dpkg's database; left out where it does not. */
  readonly statusDirectory?: boolean;
}

export interface AptFamily extends LockedFamily {
  readonly options: AptOptions;
  readonly image: AptImage;
}

/** The section of a lock of this family. */
export function aptFamily({ family }: { readonly family: LockedFamily | null }): AptFamily {
  return family as AptFamily;
}

const HEX = '^[0-9a-f]{64}$';

export const section: LockSection = {
  schema: {
    options: {
      type: 'object',
      properties: {
        recommends: { type: 'boolean' },
        solver: { enum: ['apt', '3'] },
        preferences: { type: 'boolean' },
        debconfSelections: {
          description: 'sha256 of the answers given to debconf.',
          type: ['string', 'null'],
          pattern: HEX,
        },
        pins: {
          description: 'Priorities by suite, apt_preferences(5).',
          type: 'array',
          items: {
            type: 'object',
            properties: { suite: { type: 'string' }, priority: { type: 'integer' } },
            required: ['suite', 'priority'],
            additionalProperties: false,
          },
        },
        snapshot: {
          description: "The moment that the suite's pockets were taken as of; null is the present.",
          type: ['string', 'null'],
          pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$',
        },
        local: {
          description: "Digests of package files of the user's machine.",
          type: 'array',
          items: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
        },
      },
      required: ['recommends', 'solver', 'preferences', 'debconfSelections', 'pins', 'snapshot', 'local'],
      additionalProperties: false,
    },
    image: {
      type: 'object',
      properties: {
        mergedUsr: { type: 'boolean' },
        silenced: {
          description: 'Programs of packages that do nothing while scripts run.',
          type: 'array',
          items: { type: 'string', pattern: '^/[^\\u0000-\\u001f\\u007f]+$' },
        },
        dockerSettings: {
          description:
            "Whether services stay forbidden and silenced programs diverted, as in Docker's images.",
          type: 'boolean',
        },
        statusDirectory: {
          description: "Whether status.d stands in the place of dpkg's database.",
          type: 'boolean',
        },
      },
      required: ['mergedUsr', 'silenced', 'dockerSettings'],
      additionalProperties: false,
    },
  },
  inputs: ({ options, image }) => ({ options, image }),
  result: (family) => {
    const { options, image } = family as AptFamily;
    return { debconfSelections: options.debconfSelections, image };
  },
  request(lock): Partial<Job> {
    const { recommends, solver, preferences, pins, snapshot } = aptFamily(lock).options;
    const pockets = lock.indexes.filter(({ own }) => own === undefined);
    return {
      ...{ recommends, solver, preferences, pins },
      pockets: pockets.map(({ pocket }) => pocket),
      snapshot: snapshot === null ? null : new Date(snapshot),
    };
  },
};
