import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { argumentsOf } from '../../src/cli/called-as.ts';
import { temporaryDirectory } from '../fetch/support.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/bundles/mkbase.cjs', import.meta.url));

describe('the name that mkbase is called by', () => {
  it('is the first argument where it is a program that mkbase stands in for', () => {
    expect(argumentsOf(['node', '/x/debootstrap', 'sid', '/t'])).toEqual(['debootstrap', 'sid', '/t']);
    expect(argumentsOf(['node', '/x/mkbase.cjs', 'sid', '/t'])).toEqual(['sid', '/t']);
  });

  it('counts for a link', async () => {
    const link = join(await temporaryDirectory(), 'debootstrap');
    await symlink(PROGRAM, link);
    const called = (...argv: string[]) => promisify(execFile)(link, argv).catch((error) => error);
    expect((await called('--version')).stdout).toMatch(/^debootstrap 1\.\S+ \(mkbase /);
    expect((await called('--help')).stdout).toContain('--unpack-tarball=FILE');
    expect(await called('--foo')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^E: unrecognized/),
      stderr: '',
    });
  });
});
