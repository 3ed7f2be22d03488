import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identityOf } from '../../src/filesystem/identity.ts';
import { type FileSystemFormat, findTool, TOOLS, type Tools } from '../../src/filesystem/tool.ts';
import { writeFileSystem } from '../../src/filesystem/write.ts';
import { contentsBelow } from '../../src/image/contents-below.ts';
import { Root } from '../../src/rootfs/root.ts';
import type { Entry, Tree } from '../../src/rootfs/tree.ts';

const EPOCH = 1_700_000_000;
const meta = { mode: 0o755, uid: 0, gid: 0, mtime: 1_600_000_000 };
const CONTENTS: Readonly<Record<string, string>> = {
  'a "quoted" name': 'quoted',
  '<2>': 'not an inode',
  '-w': 'no option',
  'd/setuid': 'x'.repeat(10_000),
  [`d/${'n'.repeat(255)}`]: '',
  'nul/r\xe9sum\xe9': 'not UTF-8',
};

const TREE: Tree = new Map<string, Entry>([
  ['', { ...meta, type: 'dir', mode: 0o751, uid: 5, gid: 6 }],
  ['d', { ...meta, type: 'dir', mode: 0o2775, gid: 50 }],
  ['nul', { ...meta, type: 'dir', mode: 0o1777 }],
  ...Object.entries(CONTENTS).map(([path, content]): [string, Entry] => [
    path,
    {
      ...meta,
      type: 'file',
      mode: 0o4711,
      uid: 100_000,
      gid: 3_000_000,
      size: content.length,
      ...(path === '-w' && { xattrs: { 'user.a': 'one\0two', 'security.capability': '\x01\0\0\x02\0' } }),
    },
  ]),
  ['d/again', { ...meta, type: 'hardlink', target: 'd/setuid' }],
  ['d/link', { ...meta, mode: 0o777, type: 'symlink', target: 'y'.repeat(3000) }],
  ['d/new', { ...meta, mtime: EPOCH + 5, type: 'fifo', mode: 0o600 }],
  ['nul/null', { ...meta, type: 'char', mode: 0o666, major: 1, minor: 3 }],
  ['nul/disk', { ...meta, type: 'block', mode: 0o660, major: 259, minor: 70_000 }],
]);

let folder: string;
let root: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-filesystem-'));
  root = join(folder, 'root');
  for (const name of ['d', 'nul']) await mkdir(join(root, name), { recursive: true });
  for (const [path, content] of Object.entries(CONTENTS))
    await writeFile(Buffer.from(`${root}/${path}`, 'latin1'), content);
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function write(
  format: FileSystemFormat,
  tools: Tools,
  { tree = TREE, size = null as number | null, free = 0 } = {},
): Promise<string> {
  const file = join(folder, `${count++}.${format}`);
  await writeFileSystem(
    { tree, epoch: EPOCH, root, open: contentsBelow(new Root(root)) },
    { format, file, mode: 0o640, size, free, tools, jobs: 1, folder, fsync: true },
  );
  return file;
}

async function hostTools(format: FileSystemFormat): Promise<Tools | null> {
  const found = await Promise.all(
    TOOLS[format].map(async (need) => [need.program, await findTool(need, {})] as const),
  );
  if (found.some(([, path]) => path === null)) return null;
  return Object.fromEntries(found.map(([program, path]) => [program, [path!]]));
}

const EXT = await hostTools('ext4');
if (EXT === null) process.stderr.write('skipped: ext2 and ext4: no e2fsprogs\n');

describe.skipIf(EXT === null).each(['ext2', 'ext4'] as const)('%s', (format) => {
  const tools = EXT ?? {};
  /** By standard input: an argument would be UTF-8. */
  const ask = (file: string, request: string) => {
    const input = Buffer.from(`${request}\n`, 'latin1');
    const [program = ''] = tools.debugfs!;
    const said = execFileSync(program, ['-f', '-', file], { input, stdio: 'pipe' }).toString('latin1');
    return said.slice(said.indexOf('\n') + 1);
  };
  const inodeOf = (file: string, path: string) => {
    const [, mode, user, group] =
      /Type: \w+ .*?Mode: +(\d+).*?User: +(\d+) +Group: +(\d+)/s.exec(ask(file, `stat "${path}"`)) ?? [];
    return { mode, user, group };
  };

  it('passes e2fsck, and has every attribute', async () => {
    const file = await write(format, tools);
    execFileSync('/sbin/e2fsck', ['-fn', file], { stdio: 'pipe' });
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(inodeOf(file, '/')).toEqual({ mode: '0751', user: '5', group: '6' });
    expect(inodeOf(file, '/d')).toEqual({ mode: '02775', user: '0', group: '50' });
    for (const [path, content] of Object.entries(CONTENTS)) {
      const spec = `/${path.replaceAll('"', '""')}`;
      expect(inodeOf(file, spec), path).toEqual({ mode: '04711', user: '100000', group: '3000000' });
      expect(ask(file, `cat "${spec}"`)).toBe(content);
    }
    expect(ask(file, 'stat /d/again')).toContain('Links: 2');
    expect(ask(file, 'stat /d/setuid')).toMatch(/mtime: 0x5f5e1000/);
    expect(ask(file, 'stat /d/new')).toMatch(/FIFO.*mtime: 0x6553f100/s);
    expect(ask(file, 'cat /d/link')).toBe('y'.repeat(3000));
    expect(ask(file, 'stat /nul/null')).toMatch(/character special.*01:03/s);
    expect(ask(file, 'stat /nul/disk')).toMatch(/block special.*259:70000/s);
    expect(ask(file, 'ea_get -V /-w user.a')).toBe('one\0two\n');
    expect(ask(file, 'ea_get -x /-w security.capability')).toContain('01 00 00 02 00');
  });

  it('is the same bytes each time, in whatever order the tree was filled', async () => {
    const one = await write(format, tools);
    const other = await write(format, tools, { tree: new Map([...TREE].reverse()) });
    expect((await readFile(one)).equals(await readFile(other))).toBe(true);
  });

  it('is as large as it must be, with what is to be free beside that', async () => {
    const [least, roomy] = [await write(format, tools), await write(format, tools, { free: 2 ** 25 })];
    const free = /Free blocks: +(\d+)/.exec(
      execFileSync('/sbin/dumpe2fs', ['-h', roomy], { encoding: 'utf8', stdio: 'pipe' }),
    );
    expect(Number(free![1]) * 4096).toBeGreaterThanOrEqual(2 ** 25);
    expect((await stat(roomy)).size - (await stat(least)).size).toBeGreaterThan(2 ** 24);
    const given = await write(format, tools, { size: 50 * 2 ** 20 });
    expect((await stat(given)).size).toBe(50 * 2 ** 20);
  });

  it('says what size a base needs that does not fit', async () => {
    await expect(write(format, tools, { size: 2 ** 20 })).rejects.toMatchObject({
      code: 'target/too-small',
      hint: expect.stringContaining('`--size='),
    });
  });

  it('refuses a name with a line break, as its tool reads lines', async () => {
    const tree = new Map([...TREE, ['d/a\nb', { ...meta, type: 'fifo' as const }]]);
    await expect(write(format, tools, { tree })).rejects.toMatchObject({ code: 'target/odd-name' });
  });

  it('does not take a file system for whole that its tool could not fill', async () => {
    const tree = new Map([...TREE, ['d/gone', { ...meta, type: 'file' as const, size: 4 }]]);
    await expect(write(format, tools, { tree })).rejects.toMatchObject({
      code: 'target/tool-failed',
      details: expect.arrayContaining(['write: No such file or directory']),
    });
  });
});

describe('squashfs and erofs', () => {
  let calls: string;
  let tools: Tools;
  beforeEach(async () => {
    calls = join(folder, `calls-${count++}`);
    const stub = `${calls}.sh`;
    await writeFile(
      stub,
      `#!/bin/sh\necho "$*" >${calls}\nfor word; do case $word in *.squashfs|*.erofs) file=$word;; esac; done\ncat >"$file"\n`,
    );
    await chmod(stub, 0o755);
    tools = { mksquashfs: [stub], 'mkfs.erofs': [stub] };
  });
  afterEach(() => rm(calls, { force: true }));

  it('mksquashfs is told of the root directory, which it does not take from a tar', async () => {
    await write('squashfs', tools);
    const words = await readFile(calls, 'utf8');
    expect(words).toContain('-root-mode 751 -root-uid 5 -root-gid 6 -root-time 1600000000');
    expect(words).toContain(`-mkfs-time ${EPOCH}`);
  });

  it('mksquashfs gets no time that its format does not have', async () => {
    const tree = new Map([...TREE, ['old', { ...meta, type: 'fifo' as const, mtime: -5 }]]);
    const tar = await readFile(await write('squashfs', tools, { tree }));
    expect(tar.includes('mtime=')).toBe(false);
  });

  it('mkfs.erofs gets the whole tar, and a UUID of what is in it', async () => {
    const tar = await readFile(await write('erofs', tools));
    expect(tar.includes('SCHILY.xattr.security.capability')).toBe(true);
    expect(await readFile(calls, 'utf8')).toContain(`-U ${identityOf(TREE, EPOCH, 'erofs')}`);
  });
});

describe('identityOf', () => {
  it('is a UUID that follows from the tree', () => {
    const one = identityOf(TREE, EPOCH, 'ext4');
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(identityOf(new Map([...TREE].reverse()), EPOCH, 'ext4')).toBe(one);
    expect(identityOf(new Map([...TREE].slice(1)), EPOCH, 'ext4')).not.toBe(one);
  });

  it('is the same for entries that were put together another way, as those of a user are', () => {
    const turned = [...TREE].map(([path, entry]) => {
      return [path, Object.fromEntries(Object.entries(entry).reverse()) as unknown as Entry] as const;
    });
    expect(identityOf(new Map(turned), EPOCH, 'ext4')).toBe(identityOf(TREE, EPOCH, 'ext4'));
  });
});
