import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { isOwnAttribute } from '../../src/rootfs/attributes.ts';
import { type HostDirectory, openHostDirectory } from '../../src/rootfs/host-directory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'root/etc/deep'), { recursive: true });
  mkdirSync(join(folder, 'outside'));
  for (const path of ['root/etc/file', 'root/etc/deep/file', 'outside/file'])
    writeFileSync(join(folder, path), 'content');
});

const at = (path: string) => join(folder, path);

function open(): HostDirectory {
  const directory = openHostDirectory(at('root'));
  onTestFinished(() => directory.close());
  return directory;
}

const read = (directory: HostDirectory, path: string, size = 7) =>
  Buffer.concat(
    [directory.open(path, size)].flatMap((found) => (Buffer.isBuffer(found) ? [found] : [...found])),
  );

describe('a directory of the host', () => {
  it('is read in any order of its paths', () => {
    const directory = open();
    expect([...directory.tree.keys()]).toEqual(['', 'etc', 'etc/deep', 'etc/deep/file', 'etc/file']);
    for (const path of ['etc/file', 'etc/deep/file', 'etc/file'])
      expect(read(directory, path).toString()).toBe('content');
  });

  it('may itself be named by a link', () => {
    symlinkSync('root', at('named'));
    const directory = openHostDirectory(at('named'));
    onTestFinished(() => directory.close());
    expect(read(directory, 'etc/file').toString()).toBe('content');
  });

  it('gives a large file in pieces', () => {
    const size = 5 * 2 ** 20 + 1;
    truncateSync(at('root/etc/file'), size);
    const directory = open();
    expect(directory.open('etc/file', size)).not.toBeInstanceOf(Buffer);
    expect(read(directory, 'etc/file', size).length).toBe(size);
  });

  const file = () => at('root/etc/deep/file');
  const directoryOfIt = () => at('root/etc/deep');
  it.each<[string, () => void]>([
    ['a link', () => replace(file(), () => symlinkSync('../../../outside/file', file()))],
    ['a pipe that nobody writes to', () => replace(file(), () => execFileSync('mkfifo', [file()]))],
    ['another file', () => renameSync(at('outside/file'), file())],
    ['a longer file', () => writeFileSync(file(), 'longer content')],
    ['a file that was written again', () => utimesSync(file(), 1, 1)],
    ['nothing', () => rmSync(file())],
    ['a link before it', () => replace(directoryOfIt(), () => symlinkSync(at('aside'), directoryOfIt()))],
  ])('refuses a file in whose place is now %s', (_, change) => {
    const directory = open();
    change();
    expect(() => read(directory, 'etc/deep/file')).toThrow(
      expect.objectContaining({
        code: 'image/file-changed',
        message: expect.stringContaining('`/etc/deep/file`'),
      }),
    );
  });
});

/** Keeps the old entry, so that the same file could be reached. */
function replace(path: string, make: () => void): void {
  renameSync(path, at('aside'));
  make();
}

describe('an extended attribute', () => {
  it.each([
    ...['security.capability', 'user.mime_type', 'system.posix_acl_access', 'system.posix_acl_default'],
  ])('belongs to the file: %s', (name) => {
    expect(isOwnAttribute(name)).toBe(true);
  });

  it.each([
    ...['security.selinux', 'security.SMACK64', 'security.apparmor', 'security.ima', 'security.evm'],
    ...['trusted.overlay.opaque', 'trusted.md5sum', 'user.overlay.origin', 'user.fuseoverlayfs.opaque'],
    ...['user.containers.override_stat', 'user.rootlesscontainers', 'system.nfs4_acl', 'btrfs.compression'],
  ])('belongs to the host: %s', (name) => {
    expect(isOwnAttribute(name)).toBe(false);
  });
});
