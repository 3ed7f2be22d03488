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
] as const satisfies readonly Option[];
