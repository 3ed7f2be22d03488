import { ARCHES, VARIANTS } from '../../recipe/built-in.ts';
import type { Option } from './option.ts';

/** What the base holds. */
export const CONTENTS = [
  {
    name: 'arch',
    kind: 'words',
    value: 'ARCHES',
    allowed: ARCHES,
    summary: "architecture, by any distribution's name; several make an index",
    default: "this machine's",
  },
  {
    name: 'variant',
    kind: 'value',
    value: 'NAME',
    allowed: VARIANTS,
    synonyms: { '-': 'important', required: 'minbase' },
    summary: 'what to start from; custom and empty: nothing of themselves',
    default: 'minbase, minirootfs',
  },
  {
    name: 'include',
    kind: 'words',
    value: 'PACKAGES',
    summary: 'packages to add, with what they depend on',
  },
  {
    name: 'exclude',
    kind: 'words',
    value: 'PACKAGES',
    summary: 'packages that must not come in',
  },
  {
    name: 'resolve-deps',
    kind: 'flag',
    summary: 'add what packages depend on: the default',
  },
  {
    name: 'merged-usr',
    kind: 'flag',
    summary: '/bin, /sbin and /lib are links into /usr, whatever the suite has',
  },
  {
    name: 'no-merged-usr',
    kind: 'flag',
    summary: '/bin, /sbin and /lib are directories, in suites that know them',
  },
  {
    name: 'recommends',
    kind: 'flag',
    summary: 'install what packages recommend, too',
  },
  {
    name: 'solver',
    kind: 'value',
    value: 'NAME',
    allowed: ['apt', '3'],
    summary: "whose choices to make: apt's, or those of apt 3's solver",
    default: "the suite's",
  },
  {
    name: 'no-preferences',
    kind: 'flag',
    summary: "choose as apt does, not by the recipe's preferences",
  },
  {
    name: 'exclude-path',
    kind: 'files',
    value: 'GLOB',
    summary: "leave out files, as dpkg's path-exclude; the last match wins",
  },
  {
    name: 'include-path',
    kind: 'files',
    value: 'GLOB',
    summary: "take files back in, as dpkg's path-include",
  },
  {
    name: 'exclude-from',
    kind: 'files',
    value: 'FILE',
    summary: 'take path rules from a file, a line each',
  },
  {
    name: 'slim',
    kind: 'flag',
    summary: "leave out what Debian's official slim images leave out",
  },
  {
    name: 'add',
    kind: 'files',
    value: 'SRC:DST',
    summary: 'add a file, folder or tar of this machine, SRC:DST[:MODE[:UID:GID]]',
  },
  {
    name: 'account',
    kind: 'files',
    value: 'NAME:UID',
    summary: 'add an account, NAME:UID[:GID[:HOME[:SHELL]]]',
  },
  {
    name: 'docker-settings',
    kind: 'flag',
    summary: "write the apt and dpkg settings of Docker's official images",
  },
  {
    name: 'status-d',
    kind: 'flag',
    summary: "write status.d in the place of dpkg's database, with --scripts=skip",
  },
  {
    name: 'keep-secrets',
    kind: 'flag',
    summary: 'keep private keys that scripts have drawn, as for SSH',
  },
] as const satisfies readonly Option[];
