import type { Option } from './option.ts';

/** The contents of an image around its programs. */
export const SCRATCH = [
  {
    name: 'from',
    kind: 'value',
    value: 'SUITE',
    summary: 'suite whose packages everything else comes from',
    default: 'stable',
  },
  { name: 'ca', kind: 'flag', summary: 'add the CA certificates of the package ca-certificates' },
  {
    name: 'ca-file',
    kind: 'files',
    value: 'FILE',
    summary: 'add certificates of your own, PEM',
  },
  {
    name: 'with-libs',
    kind: 'flag',
    summary: 'add shared libraries: of this machine, or with --from of packages',
  },
  { name: 'tz', kind: 'flag', summary: 'add the time zones of the package tzdata' },
] as const satisfies readonly Option[];
