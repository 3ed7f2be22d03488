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
    name: 'script-timeout',
    kind: 'value',
    value: 'TIME',
    summary: 'how long one script or hook may take; none is no limit',
    default: '2h',
  },
  {
    name: 'debconf-selections',
    kind: 'value',
    value: 'FILE',
    summary: 'answers for debconf, as debconf-set-selections(1) reads them',
  },
  {
    name: 'setup-hook',
    kind: 'files',
    value: 'COMMAND',
    summary: 'run a command before anything is unpacked; $1 is the root',
  },
  {
    name: 'essential-hook',
    kind: 'files',
    value: 'COMMAND',
    summary: 'run a command when the essential packages are configured',
  },
  {
    name: 'customize-hook',
    kind: 'files',
    value: 'COMMAND',
    summary: 'run a command when all packages are configured',
  },
  {
    name: 'verify-rebuild',
    kind: 'flag',
    summary: 'make it twice and compare; where the two differ, nothing is written',
  },
  {
    name: 'jobs',
    short: 'j',
    kind: 'value',
    value: 'N',
    summary: 'unpacking workers; for a refresh, images at once',
    default: 'one a processor',
  },
] as const satisfies readonly Option[];
