import type { Option } from './option.ts';

/** Bases of packages that are installed already. */
export const HOST = [
  {
    name: 'root',
    kind: 'value',
    value: 'ROOTFS',
    summary: 'the root filesystem whose installed packages are taken',
    default: '/',
  },
  {
    name: 'conffiles',
    kind: 'value',
    value: 'WHICH',
    allowed: ['pristine', 'host', 'skip'],
    summary: 'the version of a changed conffile that a base gets',
    default: 'pristine',
  },
  {
    name: 'prepare',
    kind: 'value',
    value: 'DIR',
    summary: 'write names of packages and changed conffiles for another host',
  },
  {
    name: 'build',
    kind: 'value',
    value: 'DIR',
    summary: 'make the base that `--prepare` has described',
  },
  {
    name: 'if-newer',
    kind: 'flag',
    summary: 'do nothing if TARGET is newer than the packages of the host',
  },
] as const satisfies readonly Option[];
