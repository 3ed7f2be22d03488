import { expect, it } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { explainSystemError } from '../../src/targets/system-error.ts';

const target = { kind: 'directory', path: '/srv/base' } as const;

it.each([
  ['ENOSPC', 'target/disk-full'],
  ['EDQUOT', 'target/disk-full'],
  ['EFBIG', 'target/file-too-large'],
  ['EROFS', 'target/not-writable'],
  ['EACCES', 'target/not-writable'],
  ['EPIPE', 'target/closed'],
])('%s becomes %s, with the target and what to do', (code, expected) => {
  const error = explainSystemError(Object.assign(new Error(`${code}: x`), { code }), target) as MkbaseError;
  expect(error.code).toBe(expected);
  expect(error.message).toContain('`/srv/base`');
  expect(error.hint).toBeTruthy();
});

it('leaves what is explained already, and what it does not know', () => {
  const known = new MkbaseError('package/bad-tar', 'x');
  expect(explainSystemError(known, target)).toBe(known);
  const other = new Error('x');
  expect(explainSystemError(other, target)).toBe(other);
});
