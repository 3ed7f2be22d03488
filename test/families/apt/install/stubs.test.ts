import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { STUBS } from '../../../../src/families/apt/install/stubs.ts';
import { stubScript } from '../../../../src/sandbox/stub.ts';

const HELPER = STUBS.find(({ path }) => path.endsWith('/dpkg-maintscript-helper'))!;

describe('the stub of dpkg-maintscript-helper', () => {
  let folder: string;
  let calls: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mkbase-stub's-"));
    calls = join(folder, 'calls');
    const real = join(folder, 'real');
    writeFileSync(real, `#!/bin/sh\nprintf '[%s]' "$@" > "$(dirname "$0")/calls"\nexit 7\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'stub'), stubScript(HELPER, real), { mode: 0o755 });
  });
  beforeEach(() => writeFileSync(calls, ''));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The arguments that reached the real one and its exit status; nothing where it was spared. */
  function call(...args: readonly string[]): { readonly passedOn: string; readonly status: number } {
    try {
      execFileSync(join(folder, 'stub'), args);
      return { passedOn: readFileSync(calls, 'utf8'), status: 0 };
    } catch (error) {
      return { passedOn: readFileSync(calls, 'utf8'), status: (error as { status: number }).status };
    }
  }

  it.each([
    ['rm_conffile', '/etc/old', '1.0~', 'pkg', '--', 'install'],
    ['rm_conffile', '/etc/old', '1.0~', '--', 'configure', ''],
    ['mv_conffile', '/etc/old', '/etc/new', '1.0~', '--', 'configure', ''],
    ['symlink_to_dir', '/usr/share/a', 'b', '1.0~', 'pkg', '--', 'install'],
    ['dir_to_symlink', '/usr/share/a/', 'b', '1.0~', 'pkg', '--', 'configure', ''],
  ])('spares the real one where the package is new: %s', (...args) => {
    expect(call(...args)).toEqual({ passedOn: '', status: 0 });
  });

  it.each([
    ['an older version', ['rm_conffile', '/etc/old', '1.0~', '--', 'upgrade', '0.9']],
    ['an older version of what was removed', ['rm_conffile', '/etc/old', '1.0~', '--', 'install', '0.9']],
    ['a version that was configured', ['symlink_to_dir', '/a', 'b', '1.0~', '--', 'configure', '0.9']],
    ['a question for what it can', ['supports', 'rm_conffile']],
    ['an unknown command', ['frobnicate', '/etc/old', '--', 'install']],
    ['nothing at all', []],
  ])('calls the real one with the same arguments for %s', (_, args) => {
    const passedOn = args.length === 0 ? '[]' : args.map((arg) => `[${arg}]`).join('');
    expect(call(...args)).toEqual({ passedOn, status: 7 });
  });

  it('calls the real one where it had set something aside', () => {
    const place = join(folder, 'was-link');
    symlinkSync('nowhere', `${place}.dpkg-backup`);
    expect(call('symlink_to_dir', place, 'nowhere', '1.0~', '--', 'configure', '').status).toBe(7);
  });
});
