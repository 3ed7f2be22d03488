/** The section of this family in a request. */
import type { FamilyChoices } from '../../job.ts';
import type { RequestSection } from '../family.ts';

type AptChoices = Omit<FamilyChoices, 'checkPackages'>;

/** As JSON has them. */
interface Options extends Omit<AptChoices, 'snapshot'> {
  /** ISO 8601. */
  readonly snapshot: string | null;
}

const NULLABLE_TEXT = ['string', 'null'] as const;

export const requestSection: RequestSection = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      pockets: {
        description: "The suite's pockets to take; empty means all.",
        type: 'array',
        items: { type: 'string' },
      },
      pins: {
        description: 'Priorities by suite, apt_preferences(5).',
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          properties: {
            suite: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]*$' },
            priority: { type: 'integer', minimum: -99_999, maximum: 99_999 },
          },
          required: ['suite', 'priority'],
        },
      },
      snapshot: {
        description: "The moment that the suite's pockets are taken as of; null is the present.",
        type: NULLABLE_TEXT,
        pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3})?Z$',
      },
      recommends: { type: 'boolean' },
      mergedUsr: {
        description: 'Whether /bin, /sbin and /lib are links into /usr; null leaves it to the suite.',
        type: ['boolean', 'null'],
      },
      solver: { description: "null takes that of the suite's apt.", enum: ['apt', '3', null] },
      preferences: {
        description: "Whether the recipe's preferences between alternatives count.",
        type: 'boolean',
      },
      debconfSelections: {
        description: 'Answers for debconf, as debconf-set-selections(1) reads them.',
        type: NULLABLE_TEXT,
      },
      dockerSettings: {
        description: "Whether the settings of Docker's official images are written.",
        type: 'boolean',
      },
      statusDirectory: {
        description: "Whether status.d stands in the place of dpkg's database.",
        type: 'boolean',
      },
    },
    required: [
      ...['pockets', 'pins', 'snapshot', 'recommends', 'mergedUsr', 'solver', 'preferences'],
      ...['debconfSelections', 'dockerSettings', 'statusDirectory'],
    ],
  },
  write({ checkPackages: _, snapshot, ...choices }): Options {
    const { pockets, pins, recommends, mergedUsr, solver, preferences } = choices;
    const { debconfSelections, dockerSettings, statusDirectory } = choices;
    return {
      ...{ pockets, pins, snapshot: snapshot?.toISOString() ?? null, recommends, mergedUsr, solver },
      ...{ preferences, debconfSelections, dockerSettings, statusDirectory },
    };
  },
  read(options): AptChoices {
    const { snapshot, ...choices } = options as Options;
    return { ...choices, snapshot: snapshot === null ? null : new Date(snapshot) };
  },
};
