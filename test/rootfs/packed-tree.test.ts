import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openPacked, packTree } from '../../src/rootfs/packed-tree.ts';
import { Root } from '../../src/rootfs/root.ts';
import { scanTree } from '../../src/rootfs/scan.ts';
import type { Entry } from '../../src/rootfs/tree.ts';
import { createWriter } from '../../src/rootfs/writer.ts';

const isRoot = process.getuid?.() === 0;
const asIs = (_: string, time: number) => time;
const META = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000 };

describe('a packed tree', () => {
  let from: Root;
  let to: Root;
  beforeEach(() => {
    // Where there is memory, as in a build: it lists the newest first.
    const folder = mkdtempSync(join('/dev/shm', 'mkbase-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const name of ['from', 'to']) mkdirSync(join(folder, name));
    [from, to] = [new Root(join(folder, 'from')), new Root(join(folder, 'to'))];
  });

  async function repacked(retimed = asIs): Promise<unknown> {
    const packed = await openPacked(streamOf(packTree(from, { any: 'thing\u{ff}' }, new Set())));
    expect(await packed.unpack(to, retimed)).toBe(true);
    return packed.about;
  }

  it.runIf(isRoot)('is made again with owners, modes, attributes, links, nodes and times', async () => {
    const writer = createWriter({ root: from, owners: true, refusedNode: () => expect.unreachable() });
    const capability = '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0';
    const entries: readonly (readonly [string, Entry])[] = [
      ['etc', { ...META, type: 'dir', mode: 0o2750, uid: 7, gid: 8 }],
      ['etc/link', { ...META, type: 'symlink', mode: 0o777, target: '../no\xff', uid: 9 }],
      ['etc/null', { ...META, type: 'char', mode: 0o666, major: 1, minor: 3 }],
      ['etc/pipe', { ...META, type: 'fifo', mode: 0o600 }],
    ];
    for (const [path, entry] of entries) writer.other(path, entry);
    const file = { ...META, mode: 0o4711, uid: 1, gid: 2, mtime: 1_700_000_000.25 };
    writer.file('etc/b', { ...file, xattrs: { 'security.capability': capability } }, Buffer.from('text'));
    writer.other('etc/a', { ...META, type: 'hardlink', target: 'etc/b' });
    writer.file('empty', { ...META, mtime: -5 }, Buffer.alloc(0));
    writer.finishDirectory('etc', { ...META, mode: 0o2750, uid: 7, gid: 8, mtime: 1_600_000_000 });
    writer.finishDirectory('', { ...META, mode: 0o711, mtime: 1_500_000_000 });
    from.release();

    expect(await repacked()).toEqual({ any: 'thing\u{ff}' });
    const exact = { times: 'exact' } as const;
    expect(scanTree(to, exact)).toEqual(scanTree(from, exact));
    expect(scanTree(to).get('etc/b')).toMatchObject({ type: 'hardlink', target: 'etc/a' });
    expect(readFileSync(join(to.path, 'etc/b'), 'latin1')).toBe('text');
  });

  it('lists directories in the same order', async () => {
    for (const name of ['b', 'z', 'a', 'k']) writeFileSync(join(from.path, name), name);
    rmSync(join(from.path, 'z'));
    mkdirSync(join(from.path, 'c'));
    const before = from.listing('');
    expect(before).not.toEqual(before.toSorted());
    await repacked();
    expect(to.listing('')).toEqual(before);
  });

  it('leaves the time of what it packs, and gives another where it is told to', async () => {
    writeFileSync(join(from.path, 'file'), '');
    const { mtimeMs } = statSync(from.path);
    await repacked((path, time) => (path === 'file' ? 1234 : time));
    expect(statSync(from.path).mtimeMs).toBeCloseTo(mtimeMs, 2);
    expect(statSync(join(to.path, 'file')).mtimeMs).toBe(1_234_000);
    expect(statSync(to.path).mtimeMs).toBeCloseTo(mtimeMs, 2);
  });

  it('holds large files and those with holes', async () => {
    execFileSync('truncate', ['-s', '9M', join(from.path, 'sparse')]);
    writeFileSync(join(from.path, 'large'), Buffer.alloc(5_000_001, 'some text '));
    await repacked();
    execFileSync('diff', ['-r', from.path, to.path]);
  });

  it('is none of a root with a socket in it', async () => {
    const server = createServer().listen(join(from.path, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect(packTree(from, {}, new Set())).toBeNull();
  });

  it('fails with what its stream fails with', async () => {
    writeFileSync(join(from.path, 'file'), Buffer.alloc(100_000));
    const whole = packTree(from, {}, new Set())!;
    const spoiled = async function* () {
      for await (const piece of whole) {
        if (piece.length === 100_000) throw new Error('spoiled');
        yield piece;
      }
    };
    const packed = await openPacked(spoiled());
    await expect(packed.unpack(to, asIs)).rejects.toThrow('spoiled');
  });
});

async function* streamOf(pieces: AsyncIterable<Buffer> | null): AsyncGenerator<Buffer> {
  // Blocks of a size that nothing in it has.
  const all: Buffer[] = [];
  for await (const piece of pieces!) all.push(piece);
  const bytes = Buffer.concat(all);
  for (let at = 0; at < bytes.length; at += 7_919) yield bytes.subarray(at, at + 7_919);
}
