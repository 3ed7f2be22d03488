import type { Option } from './option.ts';

/** The checks, and which of them may be turned off. */
export const CHECKS = [
  {
    name: 'keyring',
    kind: 'files',
    value: 'FILE',
    summary: "keys to trust instead of the recipe's; may be repeated",
  },
  {
    name: 'max-age',
    kind: 'value',
    value: 'TIME',
    summary: 'refuse an index older than this: 36h, 7d, 4w',
  },
  {
    name: 'no-check-sig',
    also: ['no-check-gpg'],
    kind: 'flag',
    weakens: true,
    summary: 'accept an index whose signature is missing or wrong',
  },
  {
    name: 'force-check-gpg',
    kind: 'flag',
    summary: 'refuse an index without a good signature: the default',
  },
  {
    name: 'allow-trusted',
    kind: 'flag',
    weakens: true,
    summary: 'honour `trusted=yes` of a source: accept its index unsigned',
  },
  {
    name: 'check-packages',
    kind: 'flag',
    summary: "check the packages' own signatures too (Alpine)",
  },
  {
    name: 'no-check-valid-until',
    kind: 'flag',
    weakens: true,
    summary: 'accept an index that has expired',
  },
  {
    name: 'no-check-date',
    kind: 'flag',
    weakens: true,
    summary: 'accept an index dated in the future',
  },
  {
    name: 'no-check-suite',
    kind: 'flag',
    weakens: true,
    summary: 'accept an index that names another suite',
  },
  {
    name: 'no-check-rollback',
    kind: 'flag',
    weakens: true,
    summary: 'accept an index older than one seen before',
  },
  {
    name: 'debug-now',
    kind: 'value',
    value: 'TIME',
    summary: 'check dates as of this time: 2025-01-31T12:00:00Z',
    default: 'the clock',
  },
] as const satisfies readonly Option[];
