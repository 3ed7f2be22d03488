import type { Option } from './option.ts';

/** What goes into an image around programs. */
export const SCRATCH = [
  {
    name: 'from',
    kind: 'value',
    value: 'SUITE',
    summary: 'the suite whose packages certificates and time zones come from',
    default: 'stable',
  },
  { name: 'ca', kind: 'flag', summary: 'add the certificates of authorities, of ca-certificates' },
  {
    name: 'ca-file',
    kind: 'files',
    value: 'FILE',
    summary: 'add certificates of your own, PEM',
  },
  { name: 'tz', kind: 'flag', summary: 'add the time zones, of tzdata' },
] as const satisfies readonly Option[];
