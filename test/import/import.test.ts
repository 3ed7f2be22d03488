import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { decompress } from '../../src/formats/compress.ts';
import { codecOfBytes } from '../../src/formats/decompress-stream.ts';
import { readTar } from '../../src/formats/tar.ts';
import { collect } from '../../src/image/blob.ts';
import type { Image } from '../../src/image/image.ts';
import { directoryFiles, readLayout } from '../../src/image/read-layout.ts';
import { type ImportRequest, importRootfs } from '../../src/import/import.ts';
import type { RootfsSource } from '../../src/import/open-rootfs.ts';
import type { Event } from '../../src/job.ts';
import { compress } from '../support/codec.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';
import { withoutRights } from '../support/without-rights.ts';

const folder = mkdtempSync(join(tmpdir(), 'mkbase-import-test-'));
let at: string;

beforeEach(async () => {
  at = await mkdtemp(join(folder, 'x'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const REQUEST: Omit<ImportRequest, 'source'> = {
  ...{ arch: 'amd64', pathRules: [], keepSecrets: false, settings: {}, annotations: {} },
  ...{ created: null, format: 'oci', compression: 'gzip' },
};

interface Imported {
  readonly image: Image;
  readonly events: readonly Event[];
  readonly entries: ReturnType<typeof readTar>;
  readonly config: Record<string, unknown>;
}

async function run(
  source: RootfsSource,
  request: Partial<ImportRequest> = {},
  env: Record<string, string> = {},
): Promise<Imported> {
  const directory = join(at, 'layout');
  const events: Event[] = [];
  await importRootfs({ ...REQUEST, ...request, source }, [{ kind: 'oci', path: directory, tags: [] }], {
    env,
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
  });
  const image = (await readLayout(directoryFiles(directory), null)) as Image;
  const layer = await collect(image.layers[0]!.open());
  const config = JSON.parse((await collect(image.config.open())).toString());
  const tar = await decompress(codecOfBytes(layer), layer, 2 ** 24);
  return { image, events, config, entries: readTar(tar) };
}

function fromTar(specs: readonly TarSpec[], request?: Partial<ImportRequest>, env?: Record<string, string>) {
  const file = join(at, 'rootfs.tar');
  writeFileSync(file, buildTar(specs));
  return run({ kind: 'path', path: file }, request, env);
}

async function* streamOf(bytes: Buffer, size = 7): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

const code = (text: string) => expect.objectContaining({ code: text });
const ROOT: TarSpec = { path: './', type: 'directory' };
const SHELL: TarSpec = { path: 'bin/sh', content: 'x', mode: 0o755 };

describe('the same files give the same image', () => {
  test('from a directory, a tar, a packed tar and a pipe', async () => {
    const root = join(at, 'root');
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(join(root, 'etc/a'), 'a');
    linkSync(join(root, 'etc/a'), join(root, 'etc/b'));
    symlinkSync('a', join(root, 'etc/link'));
    for (const path of ['etc/a', 'etc', '']) utimesSync(join(root, path), 1_600_000_000, 1_600_000_000);
    const expected = (await run({ kind: 'path', path: root })).image.layers[0]!.diffId;
    const tar = join(at, 'root.tar');
    execFileSync('tar', ['-C', root, '-cf', tar, '.']);
    const bytes = readFileSync(tar);
    expect((await run({ kind: 'path', path: tar })).image.layers[0]!.diffId).toBe(expected);
    for (const codec of ['gz', 'xz', 'zst'] as const) {
      const packed = join(at, `root.${codec}`);
      writeFileSync(packed, await compress(bytes, codec));
      expect((await run({ kind: 'path', path: packed })).image.layers[0]!.diffId).toBe(expected);
    }
    const piped = await run({ kind: 'stream', stream: streamOf(await compress(bytes, 'gz')) });
    expect(piped.image.layers[0]!.diffId).toBe(expected);
  });

  test('whatever packs its layer', async () => {
    const diffIds = new Set<string>();
    for (const compression of ['gzip', 'zstd', 'none'] as const) {
      diffIds.add((await fromTar([SHELL], { compression })).image.layers[0]!.diffId);
    }
    expect(diffIds.size).toBe(1);
  });
});

describe('the layer', () => {
  test('keeps what a tar can say, to the byte', async () => {
    const specs: TarSpec[] = [
      { ...ROOT, mtime: 1_500_000_000 },
      { path: 'caf\xe9', content: 'latin1', uid: 3_000_000, gid: 4_294_967_294 },
      { path: 'dev/null', type: 'char', device: [1, 3], mode: 0o666 },
      { path: 'dev/sda', type: 'block', device: [8, 300] },
      { path: 'fifo', type: 'fifo' },
      { path: 'line\nbreak', content: 'x' },
      { path: 'n'.repeat(300), content: 'long' },
      {
        path: 'ping',
        mode: 0o4755,
        pax: { 'SCHILY.xattr.security.capability': Buffer.from([1, 0, 0, 2, 0xff]) },
      },
      { path: 'time', pax: { mtime: '1599999999.123456' } },
      { path: '\u00ff', type: 'symlink', target: 't'.repeat(200) },
    ];
    const { entries } = await fromTar(specs);
    const found = new Map(entries.map((entry) => [entry.path, entry]));
    expect([...found.keys()].sort()).toEqual([...found.keys()]);
    expect(found.get('caf\xe9')).toMatchObject({
      uid: 3_000_000,
      gid: 4_294_967_294,
      body: Buffer.from('latin1'),
    });
    expect(found.get('dev/null')).toMatchObject({ type: 'char', major: 1, minor: 3, mode: 0o666 });
    expect(found.get('dev/sda')).toMatchObject({ type: 'block', major: 8, minor: 300 });
    expect(found.get('fifo')).toMatchObject({ type: 'fifo' });
    expect(found.get('line\nbreak')).toMatchObject({ type: 'file', size: 1 });
    expect(found.get('n'.repeat(300))).toMatchObject({ size: 4 });
    expect(found.get('ping')).toMatchObject({
      mode: 0o4755,
      xattrs: { 'security.capability': '\x01\0\0\x02\xff' },
    });
    expect(found.get('time')).toMatchObject({ mtime: 1_599_999_999.123456 });
    expect(found.get('\u00ff')).toMatchObject({ type: 'symlink', link: 't'.repeat(200) });
    expect(found.get('./')).toMatchObject({ mtime: 1_500_000_000 });
    // Parents that the tar leaves out would be made up with the time of day by whoever unpacks it.
    expect(found.get('dev/')).toMatchObject({ type: 'dir', mode: 0o755, uid: 0, mtime: 1_600_000_000 });
    for (const { uname, gname } of entries) expect([uname, gname]).toEqual(['', '']);
  });

  test('has no time after SOURCE_DATE_EPOCH, and the image is as old as its newest file', async () => {
    const specs: TarSpec[] = [
      { path: 'a', mtime: 1000 },
      { path: 'b', mtime: 2000 },
    ];
    const free = await fromTar(specs);
    expect(free.config.created).toBe('1970-01-01T00:33:20Z');
    const fixed = await fromTar(specs, {}, { SOURCE_DATE_EPOCH: '1500' });
    expect(fixed.entries.map(({ mtime }) => mtime)).toEqual([1500, 1000, 1500]);
    expect(fixed.config.created).toBe('1970-01-01T00:25:00Z');
  });

  test('of holes has the zeros', async () => {
    const root = join(at, 'root');
    mkdirSync(root);
    writeFileSync(join(root, 'sparse'), 'begin');
    truncateSync(join(root, 'sparse'), 100_000);
    execFileSync('tar', ['-C', root, '--sparse', '-cf', join(at, 's.tar'), '.']);
    const { entries } = await run({ kind: 'path', path: join(at, 's.tar') });
    expect(entries[1]!.body.equals(readFileSync(join(root, 'sparse')))).toBe(true);
  });

  test.each<[string, TarSpec]>([
    ['a whiteout', { path: 'etc/.wh.passwd' }],
    ['an opaque whiteout', { path: 'etc/.wh..wh..opq' }],
  ])('is not made with the name of %s', async (_, spec) => {
    await expect(fromTar([spec])).rejects.toThrow(code('target/whiteout'));
  });

  test.each([{ uid: 4_294_967_295 }, { gid: 4_294_967_295 }])(
    'is not made with the owner %o',
    async (owner) => {
      await expect(fromTar([{ path: 'x', ...owner }])).rejects.toThrow(code('target/bad-owner'));
    },
  );
});

describe('settings', () => {
  test('are those that were asked for, with the architecture', async () => {
    const { config, image } = await fromTar([SHELL], {
      ...{ arch: 'arm64', settings: { cmd: ['/bin/sh'] }, annotations: { a: 'b' }, created: 86_400 },
    });
    expect(config).toMatchObject({ architecture: 'arm64', variant: 'v8', config: { Cmd: ['/bin/sh'] } });
    expect(config.created).toBe('1970-01-02T00:00:00Z');
    expect(JSON.parse((await collect(image.manifest.open())).toString()).annotations).toMatchObject({
      a: 'b',
    });
  });

  test.each<[string, TarSpec[], string]>([
    ['apk', [{ path: 'etc/apk/arch', content: 'aarch64\n' }], 'arm64'],
    [
      "dpkg's own package",
      [
        {
          path: 'var/lib/dpkg/status',
          content:
            'Package: a\nArchitecture: all\n\nPackage: dpkg\nStatus: install ok installed\nArchitecture: riscv64\n',
        },
      ],
      'riscv64',
    ],
    [
      'a shell behind links',
      [
        { path: 'bin', type: 'symlink', target: 'usr/bin' },
        { path: 'usr/bin/sh', type: 'symlink', target: 'node' },
        { path: 'usr/bin/node', content: elf(183) },
      ],
      'arm64',
    ],
    ['any program', [{ path: 'app', content: elf(62), mode: 0o755 }], 'amd64'],
  ])('the architecture is what %s tells', async (_, specs, expected) => {
    const { config, events } = await fromTar(specs, { arch: null });
    expect(config.architecture).toBe(expected);
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
  });

  test.each([
    ['armhf', 'v6'],
    ['armv7', 'v7'],
    ['aarch64', 'v8'],
  ])("Alpine's %s is the variant %s, as of a build", async (name, variant) => {
    const specs: TarSpec[] = [{ path: 'etc/apk/arch', content: `${name}\n` }];
    expect((await fromTar(specs, { arch: null })).config.variant).toBe(variant);
    expect(
      (await fromTar([{ path: 'etc/alpine-release', content: '3.20.3\n' }], { arch: name })).config.variant,
    ).toBe(variant);
  });

  test('an architecture that nothing tells is warned of', async () => {
    const { events } = await fromTar([{ path: 'x' }], { arch: null });
    expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('--arch') });
  });
});

test('path rules leave out, and the report tells how much', async () => {
  const specs: TarSpec[] = [{ path: 'doc/a', content: 'abc' }, { path: 'doc/copyright' }, { path: 'x' }];
  const { entries } = await fromTar(specs, {
    pathRules: ['path-exclude=/doc/*', 'path-include=/doc/copyright'],
  });
  expect(entries.map(({ path }) => path)).toEqual(['./', 'doc/', 'doc/copyright', 'x']);
});

describe('what copies must not share', () => {
  const specs: TarSpec[] = [
    { path: 'etc/ssh/ssh_host_rsa_key', content: 'secret' },
    { path: 'etc/ssh/sshd_config', content: 'x' },
    { path: 'etc/machine-id', content: '0123456789abcdef\n' },
    { path: 'etc/ssl/certs/0123abcd.0', type: 'symlink', target: 'ssl-cert-snakeoil.pem' },
    { path: 'etc/ssl/certs/ssl-cert-snakeoil.pem', content: 'drawn' },
    { path: 'etc/ssl/certs/other.0', type: 'symlink', target: 'other.pem' },
  ];

  test('is removed, with a notice', async () => {
    const { entries, events } = await fromTar(specs);
    expect(entries.map(({ path }) => path)).toEqual([
      './',
      'etc/',
      'etc/machine-id',
      'etc/ssh/',
      'etc/ssh/sshd_config',
      'etc/ssl/',
      'etc/ssl/certs/',
      'etc/ssl/certs/other.0',
    ]);
    expect(entries[2]).toMatchObject({ size: 0 });
    expect(events).toContainEqual({
      type: 'notice',
      message:
        'what every copy of the image would share was removed: /etc/ssh/ssh_host_rsa_key, /etc/ssl/certs/0123abcd.0, /etc/ssl/certs/ssl-cert-snakeoil.pem, /etc/machine-id',
    });
  });

  test('stays where that is asked for', async () => {
    expect((await fromTar(specs, { keepSecrets: true })).entries).toHaveLength(11);
  });
});

test('a root directory that engines do not agree on is warned of', async () => {
  const { events } = await fromTar([{ ...ROOT, mode: 0o700 }]);
  expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('0700 0:0') });
  expect((await fromTar([ROOT, SHELL])).events.filter(({ type }) => type === 'warning')).toEqual([]);
});

describe('a directory', () => {
  test('of sockets says which are left out', async () => {
    const root = join(at, 'root');
    mkdirSync(root);
    const server = createServer().listen(join(root, 'socket'));
    writeFileSync(join(root, 'x'), '');
    const { entries, events } = await run({ kind: 'path', path: root });
    server.close();
    expect(entries.map(({ path }) => path)).toEqual(['./', 'x']);
    expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('`/socket`') });
  });

  test('with files that may not be read names them, before anything is written', async () => {
    const root = join(at, 'root');
    mkdirSync(root);
    writeFileSync(join(root, 'shadow'), '', { mode: 0 });
    for (const path of [folder, at]) chmodSync(path, 0o777);
    const taken = (pathRules: readonly string[]) =>
      withoutRights(() => run({ kind: 'path', path: root }, { pathRules }));
    await expect(taken([])).rejects.toThrow(
      expect.objectContaining({ code: 'image/unreadable', message: expect.stringContaining('`/shadow`') }),
    );
    expect(existsSync(join(at, 'layout'))).toBe(false);
    expect((await taken(['path-exclude=/shadow'])).entries).toHaveLength(1);
  });

  test('that is this system is refused', async () => {
    await expect(run({ kind: 'path', path: '/' })).rejects.toThrow(code('image/bad-rootfs'));
  });
});

describe('what is no root filesystem', () => {
  test.each<[string, Buffer, string]>([
    ['text', Buffer.from('x'.repeat(1000)), 'image/unreadable'],
    ['nothing', Buffer.alloc(0), 'image/bad-rootfs'],
    ['an empty tar', Buffer.alloc(1024), 'image/bad-rootfs'],
    [
      'a tar cut short',
      buildTar([{ path: 'x', content: 'x'.repeat(5000) }]).subarray(0, 2000),
      'image/unreadable',
    ],
    ['gzip cut short', Buffer.from('1f8b0800000000000003', 'hex'), 'image/unreadable'],
    ['hostile', buildTar([{ path: '../x' }]), 'image/bad-rootfs'],
  ])('%s', async (_, bytes, error) => {
    await expect(run({ kind: 'stream', stream: streamOf(bytes, 1000) })).rejects.toThrow(code(error));
  });

  test.each<[string, readonly string[]]>([
    ['`docker save`', ['blobs/sha256/x', 'index.json', 'manifest.json', 'oci-layout', 'repositories']],
    ['`docker save` before 25', [`${'a'.repeat(64)}/layer.tar`, `${'b'.repeat(64)}.json`, 'manifest.json']],
    ['skopeo', [`${'a'.repeat(64)}.tar`, `${'b'.repeat(64)}.json`, 'manifest.json']],
    ['an OCI layout', ['oci-layout', 'index.json', 'blobs/sha256/x']],
  ])('an image, as %s writes one, says so', async (_, paths) => {
    await expect(fromTar(paths.map((path) => ({ path, content: 'x' })))).rejects.toMatchObject({
      ...{ code: 'image/not-a-rootfs', hint: expect.stringContaining('mkbase copy') },
    });
  });

  test('an image in a directory says so, and one among other files is none', async () => {
    const root = join(at, 'layout-in');
    mkdirSync(join(root, 'blobs'), { recursive: true });
    for (const name of ['oci-layout', 'index.json']) writeFileSync(join(root, name), 'x');
    await expect(run({ kind: 'path', path: root })).rejects.toEqual(code('image/not-a-rootfs'));
    writeFileSync(join(root, 'data'), 'x');
    expect((await run({ kind: 'path', path: root })).entries).toHaveLength(5);
  });

  test('a path where there is nothing', async () => {
    await expect(run({ kind: 'path', path: join(at, 'absent') })).rejects.toThrow(code('image/not-found'));
  });
});

/** The header of a 64-bit executable, without anything in it. */
function elf(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  return header;
}
