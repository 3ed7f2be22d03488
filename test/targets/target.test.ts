import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseTarget } from '../../src/targets/target.ts';
import { withoutRights } from '../support/without-rights.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-target-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const parse = (text: string, stdoutIsTerminal = false) =>
  parseTarget(text, { cwd, stdoutIsTerminal, tags: [] });

describe('parseTarget', () => {
  it.each([
    ['out', { kind: 'directory' }],
    ['./a/b/out', { kind: 'directory' }],
    ['out.d', { kind: 'directory' }],
    ['.tar', { kind: 'directory' }],
    ['x.tar', { kind: 'tar', compression: 'none' }],
    ['x.tar.gz', { kind: 'tar', compression: 'gzip' }],
    ['x.tgz', { kind: 'tar', compression: 'gzip' }],
    ['x.tar.xz', { kind: 'tar', compression: 'xz' }],
    ['a/x.tar.zst', { kind: 'tar', compression: 'zstd' }],
  ])('takes %s as %j', async (text, target) => {
    expect(await parse(text)).toEqual({ ...target, path: join(cwd, text) });
  });

  it.each([
    ['x.squashfs', 'squashfs'],
    ['a/x.sqfs', 'squashfs'],
    ['x.ext2', 'ext2'],
    ['x.ext4', 'ext4'],
    ['x.erofs', 'erofs'],
  ])('takes %s as a file system: %s', async (text, format) => {
    const room = { size: null, free: 0 };
    expect(await parse(text)).toEqual({ kind: 'file-system', path: join(cwd, text), format, room });
  });

  it('writes no file system over what is no file', async () => {
    await symlink('/dev/null', join(cwd, 'x.ext4'));
    await expect(parse('x.ext4')).rejects.toMatchObject({
      code: 'target/not-a-file',
      message: expect.stringContaining('a file system'),
    });
  });

  it('takes `-` as a tar on standard output, but not on a terminal', async () => {
    expect(await parse('-')).toEqual({ kind: 'stdout' });
    await expect(parse('-', true)).rejects.toMatchObject({ code: 'usage/stdout-is-terminal' });
  });

  it('takes an empty directory, whatever its name', async () => {
    await mkdir(join(cwd, 'x.tar/lost+found'), { recursive: true });
    expect(await parse('x.tar')).toEqual({ kind: 'directory', path: join(cwd, 'x.tar') });
  });

  it('takes an existing tar, which will be replaced', async () => {
    await writeFile(join(cwd, 'x.tar'), '');
    expect(await parse('x.tar')).toMatchObject({ kind: 'tar' });
  });

  it.each([
    ['', 'usage/bad-target'],
    ['x.tar.bz2', 'usage/bad-target'],
    ['http://ftp.debian.org/debian', 'usage/bad-target'],
    ['oci:', 'usage/bad-target'],
    ['oci-archive:a.tar:x y', 'usage/bad-target'],
    ['docker-daemon:', 'usage/bad-target'],
    ['docker-daemon:Upper', 'usage/bad-reference'],
    ['docker-archive:a.tar:x:y:z', 'usage/bad-reference'],
    ['docker:registry.example/base', 'usage/bad-target'],
    ['docker://', 'usage/bad-reference'],
    ['docker://registry.example/Base', 'usage/bad-reference'],
    [`docker://registry.example/base@sha256:${'0'.repeat(64)}`, 'usage/bad-target'],
    ['/', 'target/root'],
    ['full', 'target/not-empty'],
    ['file', 'target/is-a-file'],
    ['dangling', 'target/is-a-file'],
    ['file/out', 'target/no-directory'],
    ['file/x.tar', 'target/no-directory'],
    ['fifo.tar', 'target/not-a-file'],
  ])('refuses %j: %s', async (text, code) => {
    await mkdir(join(cwd, 'full/x'), { recursive: true });
    await writeFile(join(cwd, 'file'), '');
    await symlink('nowhere', join(cwd, 'dangling'));
    await symlink('/dev/null', join(cwd, 'fifo.tar'));
    await expect(parse(text)).rejects.toMatchObject({ code });
  });

  it('refuses a place that may not be written to', async () => {
    await chmod(cwd, 0o555);
    for (const text of ['out', 'out.tar', 'oci:layout', 'docker-archive:x.tar:x']) {
      await expect(withoutRights(() => parse(text))).rejects.toMatchObject({ code: 'target/not-writable' });
    }
    await chmod(cwd, 0o755);
  });
});
