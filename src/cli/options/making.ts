import type { Option } from './option.ts';

/** How the base is made. */
export const MAKING = [
  {
    name: 'mode',
    kind: 'value',
    value: 'NAME',
    allowed: ['auto', 'root', 'unshare', 'none'],
    summary: 'how owners and isolation are made; none runs no scripts',
    default: 'auto',
  },
  {
    name: 'scripts',
    kind: 'value',
    value: 'WHAT',
    allowed: ['run', 'skip'],
    summary: "whether to run the packages' scripts, in a sandbox",
    default: 'run',
  },
  {
    name: 'debconf-selections',
    kind: 'value',
    value: 'FILE',
    summary: 'answers for debconf, as debconf-set-selections(1) reads them',
  },
  {
    name: 'jobs',
    short: 'j',
    kind: 'value',
    value: 'N',
    summary: 'unpacking workers',
    default: 'one a processor',
  },
] as const satisfies readonly Option[];
