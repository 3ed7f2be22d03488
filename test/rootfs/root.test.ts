import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Root } from '../../src/rootfs/root.ts';
import { scanTree } from '../../src/rootfs/scan.ts';
import { createWriter } from '../../src/rootfs/writer.ts';
import { dumpTree } from '../support/tree-dump.ts';

const META = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000 };
const bytes = (text: string) => Buffer.from(text);

describe('a root', () => {
  let host: string;
  let folder: string;
  let root: Root;
  let before: unknown;
  beforeEach(() => {
    const both = mkdtempSync(join(tmpdir(), 'mkbase-test-é-'));
    [host, folder] = [join(both, 'host'), join(both, 'root')];
    mkdirSync(join(host, 'etc'), { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(host, 'file'), 'of the host');
    before = dumpTree(host);
    root = new Root(folder);
    onTestFinished(() => {
      root.release();
      rmSync(both, { recursive: true });
    });
  });

  const writer = () => createWriter({ root, owners: false, refusedNode: () => {} });
  const at = (path: string) => join(folder, path);

  describe('with a link to the host in the place of a directory', () => {
    beforeEach(() => {
      symlinkSync(host, at('away'));
      symlinkSync('../../host', at('up'));
    });

    it.each<[string, (path: string) => void]>([
      ['a file', (path) => writer().file(`${path}/new`, META, bytes('x'))],
      ['a file in the place of one', (path) => writer().replaceFile(`${path}/file`, META, bytes('x'))],
      ['a directory', (path) => writer().other(`${path}/new`, { ...META, type: 'dir' })],
      ['a link', (path) => writer().other(`${path}/new`, { ...META, type: 'symlink', target: 'x' })],
      ['a pipe', (path) => writer().other(`${path}/new`, { ...META, type: 'fifo' })],
      [
        'another name',
        (path) => writer().other('new', { ...META, type: 'hardlink', target: `${path}/file` }),
      ],
      ['a mode', (path) => root.setMode(`${path}/file`, 0o777)],
      ['a time', (path) => root.setTime(`${path}/file`, 0)],
      ['an owner', (path) => root.setOwner(`${path}/file`, 1, 1)],
      ['a removal', (path) => root.removeAll(`${path}/etc`)],
      ['a rename', (path) => root.rename(`${path}/file`, 'taken')],
      ['contents', (path) => root.write(`${path}/file`, 0o644, bytes('x'))],
    ])('does not let out %s', (_, act) => {
      for (const path of ['away', 'up', 'away/etc/..']) {
        try {
          act(path);
        } catch (error) {
          expect(['ENOENT', 'ENOTDIR', undefined]).toContain((error as NodeJS.ErrnoException).code);
        }
      }
      expect(dumpTree(host)).toEqual(before);
    });

    it('reads nothing of the host', () => {
      expect(root.read('away/file')).toBeNull();
      expect(root.stat('away/file')).toBeUndefined();
      expect(root.read('up/file')).toBeNull();
      expect([...scanTree(root).keys()]).toEqual(['', 'away', 'up']);
    });

    it('writes where the link leads inside, once there is something', () => {
      writer().file(`${binary(host).slice(1)}/etc/own`, META, bytes('inside'));
      writer().file('away/file', META, bytes('inside'));
      expect(readFileSync(at(`${host}/file`), 'utf8')).toBe('inside');
      expect(root.follow('away/etc/own')).toBe(`${binary(host).slice(1)}/etc/own`);
      expect(dumpTree(host)).toEqual(before);
    });
  });

  it('follows no link that a path ends in', () => {
    for (const name of ['a', 'b', 'c', 'd']) symlinkSync(join(host, 'file'), at(name));
    writer().replaceFile('a', META, bytes('x'));
    expect(() => root.write('b', 0o644, bytes('x'))).toThrow(/`\/b` in the base is not a regular file/);
    expect(() => root.read('b')).toThrow(/not a regular file/);
    expect(() => writer().file('c', META, bytes('x'))).toThrow(/EEXIST/);
    root.setTime('d', 5);
    expect(lstatSync(at('a')).isFile()).toBe(true);
    expect(lstatSync(at('d')).mtimeMs).toBe(5000);
    expect(dumpTree(host)).toEqual(before);
  });

  it.each(['..', '../x', 'a/../../x', './x', 'a//b'])('takes no name that leads elsewhere: %s', (path) => {
    mkdirSync(at('a'));
    expect(() => root.makeDirectory(path)).toThrow(/is not a path of a Tree/);
    expect(() => writer().file(path, META, bytes('x'))).toThrow(/is not a path of a Tree/);
  });

  it('waits for nothing that a script could put in the place of a file', () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(() => root.read('pipe')).toThrow(expect.objectContaining({ code: 'script/not-a-file' }));
    expect(() => root.contents('pipe', 5)).toThrow(expect.objectContaining({ code: 'script/not-a-file' }));
    mkdirSync(at('folder'));
    expect(() => root.read('folder')).toThrow(expect.objectContaining({ code: 'script/not-a-file' }));
    execFileSync('truncate', ['-s', '1G', at('large')]);
    expect(() => root.read('large')).toThrow(expect.objectContaining({ code: 'script/file-too-large' }));
  });

  it('names the path and not a descriptor where the system refuses', () => {
    writeFileSync(at('file'), '');
    expect(() => writer().file('file/x', META, bytes('x'))).toThrow(/^ENOTDIR: open `\/file\/x`$/);
  });

  it('sees what others have done since it was released', () => {
    writer().file('a/b/one', META, bytes('1'));
    root.release();
    rmSync(at('a'), { recursive: true });
    writer().file('a/b/two', META, bytes('2'));
    expect(readdirSync(at('a/b'))).toEqual(['two']);
  });

  it('keeps few directories open, however many there are and however deep', () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const start = open();
    for (let n = 0; n < 200; n++) writer().file(`wide/${n}/file`, META, bytes('x'));
    const deep = Array.from({ length: 200 }, () => 'd').join('/');
    writer().file(`${deep}/file`, META, bytes('x'));
    expect(open() - start).toBeLessThan(60);
    expect(scanTree(root).size).toBe(1 + 1 + 400 + 201);
    root.release();
    expect(open()).toBe(start);
    root.removeAll('d');
    expect(existsSync(at('d'))).toBe(false);
  });

  it.each([-5, -1.5, -86_400 * 365 * 60, 0, 1.25])(
    'gives the time %d to files, links and directories',
    (time) => {
      const meta = { ...META, mtime: time };
      writer().file('dir/file', meta, bytes('x'));
      writer().other('dir/link', { ...meta, type: 'symlink', target: 'x' });
      writer().other('dir/pipe', { ...meta, type: 'fifo' });
      writer().finishDirectory('dir', { ...meta, mode: 0o755 });
      const times = ['dir/file', 'dir/link', 'dir/pipe', 'dir'].map(
        (path) => lstatSync(at(path)).mtimeMs / 1000,
      );
      expect(times).toEqual([time, time, time, time]);
      expect(scanTree(root).get('dir/file')?.mtime).toBe(Math.floor(time));
    },
  );

  it('gives modes that a change of owner would clear, and leaves those of links alone', () => {
    writer().file('tool', { ...META, mode: 0o4755 }, bytes('x'));
    expect(statSync(at('tool')).mode & 0o7777).toBe(0o4755);
    writeFileSync(join(host, 'mode'), '');
    chmodSync(join(host, 'mode'), 0o600);
    symlinkSync(join(host, 'mode'), at('link'));
    expect(() => root.setMode('link', 0o777)).toThrow();
    expect(statSync(join(host, 'mode')).mode & 0o777).toBe(0o600);
    expect(readlinkSync(at('link'))).toBe(join(host, 'mode'));
  });
});

function binary(text: string): string {
  return Buffer.from(text).toString('latin1');
}
