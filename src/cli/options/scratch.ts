import type { Option } from './option.ts';

/** What goes into an image around programs. */
export const SCRATCH = [
  {
    name: 'from',
    kind: 'value',
    value: 'SUITE',
    summary: 'the suite whose packages all else comes from',
    default: 'stable',
  },
  { name: 'ca', kind: 'flag', summary: 'add the certificates of authorities, of ca-certificates' },
  {
    name: 'ca-file',
    kind: 'files',
    value: 'FILE',
    summary: 'add certificates of your own, PEM',
  },
  {
    name: 'with-libs',
    kind: 'flag',
    summary: "add shared libraries: this machine's, with --from those of packages",
  },
  { name: 'tz', kind: 'flag', summary: 'add the time zones, of tzdata' },
] as const satisfies readonly Option[];
