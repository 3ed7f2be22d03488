import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mirrorOf, suiteSpec, theKey } from './families/apt/plan-support.ts';
import { folderOfFile } from './support/folder.ts';

const MAIN = fileURLToPath(new URL('../dist/bundles/mkbase.cjs', import.meta.url));
const hasStrace = spawnSync('strace', ['true']).status === 0;

interface Call {
  readonly name: string;
  readonly path: string;
}

/** The files that mkbase forced to the disk and renamed below `folder`, in order, with paths relative to it. */
async function callsOf(folder: string, args: readonly string[]): Promise<Call[]> {
  const log = join(await folderOfFile(), 'calls');
  const traced = 'trace=fsync,fdatasync,syncfs,rename,renameat,renameat2';
  await promisify(execFile)(
    'strace',
    ['-f', '--seccomp-bpf', '-y', '-e', traced, '-o', log, process.execPath, MAIN, ...args],
    { cwd: folder },
  );
  const text = await readFile(log, 'utf8');
  return [...text.matchAll(/^\d+ +(\w+)\((.*?)\) = 0$/gm)].flatMap(([, name = '', operands = '']) => {
    const paths = [...operands.matchAll(/[<"]([^<>"]+)[>"]/g)].map(([, path]) => path!);
    const path = paths.filter((one) => one.startsWith('/')).at(-1) ?? '';
    return path === folder || path.startsWith(`${folder}/`)
      ? [{ name: name.replace(/^rename.*/, 'rename'), path: path.slice(folder.length + 1) }]
      : [];
  });
}

/** A file before it has its name, as that name. */
function settled({ name, path }: Call): string {
  return `${name} ${path.replace(/\.mkbase\.[0-9a-f]+-\d+-\d+-\d+$/, '')}`;
}

describe.skipIf(!hasStrace)('what is told to be made', () => {
  it('is on the disk before it has its name, and its name before all ends', async () => {
    const folder = await folderOfFile();
    await mkdir(join(folder, 'rootfs/bin'), { recursive: true });
    await writeFile(join(folder, 'rootfs/bin/sh'), '#!');
    const targets = ['oci:new/layout:x', 'oci-archive:one.tar', 'docker-archive:two.tar:x'];
    const files = ['--iidfile', 'id'];
    const made = await callsOf(folder, ['import', 'rootfs', ...targets, ...files, '--arch=amd64']);
    const of = (file: string, directory: string) => [`fsync ${file}`, `rename ${file}`, `fsync ${directory}`];
    const blobs = await readdir(join(folder, 'new/layout/blobs/sha256'));
    const calls = made.map(settled);
    // Its folders, each by what it lies in.
    for (const path of ['new/layout', 'new', '']) expect(calls).toContain(`fsync ${path}`);
    for (const blob of blobs) {
      const file = `new/layout/blobs/sha256/${blob}`;
      expect(calls.filter((call) => call.includes(file))).toEqual(of(file, '').slice(0, 2));
      expect(calls.indexOf(`rename ${file}`)).toBeLessThan(
        calls.lastIndexOf('fsync new/layout/blobs/sha256'),
      );
    }
    const index = calls.slice(calls.indexOf('fsync new/layout/index.json'));
    expect(index).toEqual([
      ...of('new/layout/index.json', 'new/layout'),
      ...of('one.tar', ''),
      ...of('two.tar', ''),
      ...of('id', ''),
    ]);
  });

  it('is a directory, a tar, a lock and a bill of materials as well', async () => {
    const folder = await folderOfFile();
    const mirror = await mirrorOf(
      suiteSpec({ packages: [{ name: 'base', priority: 'required', files: { 'usr/share/base': 'text' } }] }),
    );
    await writeFile(join(folder, 'key.asc'), (await theKey()).armored);
    const args = [
      ...['bookworm', 'dir', mirror.url, '--to=some.tar', '--sbom=spdx', '--keyring=key.asc'],
      ...['--pockets=release', '--mode=none', '--cache-dir=cache', '--debug-now=2026-01-10T00:00:00Z'],
    ];
    const made = await callsOf(folder, args);
    const calls = made.map(settled).filter((call) => !call.includes('cache'));
    const wanted = [
      /^syncfs \.dir\.mkbase\..*\/rootfs$/,
      /^rename dir$/,
      /^fsync $/,
      /^rename some\.tar$/,
      /^fsync $/,
      ...['dir.lock.json', 'dir.spdx.json'].flatMap((file) => [
        new RegExp(`^fsync ${file}$`),
        new RegExp(`^rename ${file}$`),
        /^fsync $/,
      ]),
    ];
    expect(calls[0]).toMatch(/^fsync \.some\.tar\.mkbase\..*\/file$/);
    expect(calls.slice(1)).toEqual(wanted.map((pattern) => expect.stringMatching(pattern)));
    // The memory of a Release cannot be had again.
    const remembered = made.filter(({ path }) => path.startsWith('cache/')).map(({ name }) => name);
    expect(remembered.join(' ')).toContain('fsync rename fsync');
  });

  it('is left to the system with --no-fsync', async () => {
    const folder = await folderOfFile();
    await mkdir(join(folder, 'rootfs'));
    const targets = ['oci:layout:x', 'oci-archive:one.tar'];
    const made = await callsOf(folder, ['import', 'rootfs', ...targets, '--arch=amd64', '--no-fsync']);
    expect(new Set(made.map(({ name }) => name))).toEqual(new Set(['rename']));
  });
});
