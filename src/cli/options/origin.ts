import type { Option } from './option.ts';

/** The origin of packages. */
export const ORIGIN = [
  {
    name: 'recipe',
    kind: 'value',
    value: 'FILE',
    summary: 'a recipe of SUITE, which wins over all others of that name',
  },
  {
    name: 'like',
    kind: 'value',
    value: 'NAME',
    summary: 'the recipe to use for a SUITE without one',
  },
  {
    name: 'components',
    kind: 'words',
    value: 'NAMES',
    summary: 'components of the archive',
    default: 'main',
  },
  {
    name: 'pockets',
    kind: 'words',
    value: 'NAMES',
    summary: 'parts of the suite to take packages from',
    default: 'all',
  },
  {
    name: 'mirror',
    kind: 'value',
    value: 'URL',
    summary: 'the mirror to use for every pocket, as MIRROR',
  },
  {
    name: 'source',
    kind: 'files',
    value: 'SOURCE',
    summary: 'a source beside the suite: a `deb` line, a file, an address or -',
  },
  {
    name: 'snapshot',
    kind: 'value',
    value: 'DATE',
    summary: 'take the suite as it was: 2025-01-31, 20250131T120000Z',
  },
  {
    name: 'pin',
    kind: 'words',
    value: 'SUITE=N',
    summary: 'priority of a suite among the sources, as in apt_preferences(5)',
  },
  {
    name: 'certificate',
    kind: 'value',
    value: 'FILE',
    summary: 'certificate to show to https mirrors, in PEM form',
  },
  {
    name: 'private-key',
    kind: 'value',
    value: 'FILE',
    summary: "the certificate's key",
    default: "in the certificate's file",
  },
  {
    name: 'ca-certificate',
    kind: 'value',
    value: 'FILE',
    summary: 'authority to trust for https beside the usual ones',
  },
  {
    name: 'cache-dir',
    kind: 'value',
    value: 'DIR',
    summary: 'directory for fetched files, shared between runs',
    default: '$XDG_CACHE_HOME/mkbase',
  },
  {
    name: 'cache-size',
    kind: 'value',
    value: 'SIZE',
    summary: 'largest size of the cache; least recently used files go first',
    default: '10G',
  },
  {
    name: 'offline',
    kind: 'flag',
    summary: 'use only the cache',
  },
  {
    name: 'lock',
    kind: 'value',
    value: 'FILE',
    summary: 'build exactly the packages of this lock',
  },
] as const satisfies readonly Option[];
