import { expect, test } from 'vitest';
import { isUnderFakeroot } from '../../src/cli/fakeroot.ts';

test.each([
  [{ FAKEROOTKEY: '7', LD_PRELOAD: 'libfakeroot-sysv.so' }, true],
  [{ LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/libfakeroot/libfakeroot-tcp.so:/other.so' }, true],
  [{ LD_PRELOAD: 'libpseudo.so' }, true],
  [{ LD_PRELOAD: 'libeatmydata.so' }, false],
  [{}, false],
])('fakeroot is seen by its environment: %j', (env, expected) => {
  expect(isUnderFakeroot(env)).toBe(expected);
});
