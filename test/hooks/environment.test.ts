import { expect, it } from 'vitest';
import { hookEnvironment } from '../../src/hooks/environment.ts';

it("a hook finds the user's environment, without what misleads a chroot, and what hooks are written for", () => {
  const env = {
    PATH: '/opt/bin',
    TMPDIR: '/x',
    APT_CONFIG: '/y',
    MKBASE_CACHE_KEY: 'of the cache',
    MINE: '1',
    LC_ALL: 'de_DE',
    UNSET: undefined,
  };
  const include = ['a', './b,c%.deb'];
  expect(hookEnvironment({ env, mode: 'unshare', phase: 'setup', verbosity: 2, include, epoch: 7 })).toEqual({
    PATH: '/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    MINE: '1',
    LC_ALL: 'C.UTF-8',
    LANG: 'C.UTF-8',
    LANGUAGE: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    DEBCONF_NONINTERACTIVE_SEEN: 'true',
    SOURCE_DATE_EPOCH: '7',
    MKBASE_HOOK: 'setup',
    MKBASE_MODE: 'unshare',
    MKBASE_ARGV0: 'mkbase',
    MKBASE_VERBOSITY: '2',
    MKBASE_INCLUDE: 'a,./b%2Cc%25.deb',
    MMDEBSTRAP_HOOK: 'setup',
    MMDEBSTRAP_MODE: 'unshare',
    MMDEBSTRAP_ARGV0: 'mkbase',
    MMDEBSTRAP_VERBOSITY: '2',
    MMDEBSTRAP_INCLUDE: 'a,./b%2Cc%25.deb',
  });
});
