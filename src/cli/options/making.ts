import type { Option } from './option.ts';

/** How the base is made. */
export const MAKING = [
  {
    name: 'mode',
    kind: 'value',
    value: 'NAME',
    allowed: ['auto', 'root', 'unshare', 'none'],
    summary: 'how owners and isolation work; none runs no scripts',
    default: 'auto',
  },
  {
    name: 'scripts',
    kind: 'value',
    value: 'WHAT',
    allowed: ['run', 'skip'],
    summary: "run the packages' scripts in a sandbox, or skip them",
    default: 'run',
  },
  {
    name: 'script-timeout',
    kind: 'value',
    value: 'TIME',
    summary: 'time limit for one script or hook; none is no limit',
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
    summary: 'build twice and compare; if the two differ, nothing is written',
  },
  {
    name: 'no-cache-results',
    kind: 'flag',
    summary: 'make the result even where the cache has it',
  },
  {
    name: 'jobs',
    short: 'j',
    kind: 'value',
    value: 'N',
    summary: 'unpacking workers; for a refresh, images at once',
    default: 'one per processor',
  },
] as const satisfies readonly Option[];
