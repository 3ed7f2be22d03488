import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compareSides } from '../../src/changes/compare.ts';
import { readSide } from '../../src/changes/read-side.ts';
import { run } from '../../src/cli/run.ts';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { makeLock } from '../../src/lock/lock.ts';
import { writeLocks } from '../../src/lock/lock-file.ts';
import { lockOf } from '../support/lock.ts';
import { worldOf } from '../support/streams.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-side-'));
  for (const name of ['a', 'b']) {
    await mkdir(join(cwd, name, 'var/lib/dpkg'), { recursive: true });
    await mkdir(join(cwd, name, 'bin'));
    await writeFile(join(cwd, name, 'bin/tool'), 'one');
  }
});
afterEach(() => rm(cwd, { recursive: true }));

const status = (name: string, version: string) =>
  writeFile(
    join(cwd, name, 'var/lib/dpkg/status'),
    `Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  );

const side = (text: string) =>
  readSide(text, { cwd, arch: null, env: {}, signal: new AbortController().signal, registry: {} });
const compare = async (a: string, b: string) => compareSides(await side(a), await side(b));

it('of directories and tars, packages, files and privileges differ', async () => {
  await status('a', '2.10-3');
  await status('b', '2.12-1');
  await writeFile(join(cwd, 'b/bin/tool'), 'two!');
  await chmod(join(cwd, 'b/bin/tool'), 0o4755);
  await symlink('tool', join(cwd, 'b/bin/link'));
  execFileSync('tar', ['-C', join(cwd, 'a'), '-czf', join(cwd, 'a.tar.gz'), '.']);
  for (const before of ['a', 'a.tar.gz']) {
    const { packages, files, privileges, size } = await compare(before, 'b');
    expect(packages).toMatchObject([{ kind: 'upgraded', name: 'hello', before: '2.10-3', after: '2.12-1' }]);
    expect(files?.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'A bin/link',
      'C bin/tool',
      'C var/lib/dpkg/status',
    ]);
    expect(privileges).toMatchObject([{ path: 'bin/tool', what: 'setuid' }, { what: 'mode' }]);
    expect(size).toEqual({ unit: 'unpacked', before: expect.any(Number), after: expect.any(Number) });
  }
});

it('of package databases of any size nothing is read', async () => {
  await status('a', '1');
  await truncate(join(cwd, 'a/var/lib/dpkg/status'), 3 * 2 ** 30);
  execFileSync('tar', ['-C', join(cwd, 'a'), '--sparse', '-cf', join(cwd, 'a.tar'), '.']);
  for (const name of ['a', 'a.tar']) {
    await expect(side(name)).rejects.toMatchObject({
      code: 'image/databases-too-large',
      message: expect.stringContaining('`/var/lib/dpkg/status`'),
    });
  }
});

it('of images, settings differ too', async () => {
  await status('a', '1');
  await status('b', '1');
  for (const name of ['a', 'b']) {
    const { world, stderr } = worldOf({ cwd });
    const target = name === 'a' ? 'oci:layout:a' : 'oci-archive:b.tar';
    const argv = ['import', name, target, '--arch=amd64', '--created=2026-01-01', '--env', `NAME=${name}`];
    expect([await run(argv, world), stderr.text()]).toEqual([0, expect.any(String)]);
  }
  const { settings, files, packages } = await compare('oci:layout:a', 'b.tar');
  expect(settings).toEqual([{ name: 'Env NAME', before: 'a', after: 'b' }]);
  expect([files, packages]).toEqual([[], []]);
});

it('a lock and a root filesystem are compared by their packages', async () => {
  await status('a', '2.10-4');
  await writeFile(join(cwd, 'l.json'), writeLocks([makeLock(lockOf(), LOCK_SECTIONS.apt!)]));
  const { packages, files, size } = await compare('l.json', 'a');
  expect(packages).toMatchObject([
    { kind: 'upgraded', name: 'hello' },
    { kind: 'removed', name: 'libc6' },
  ]);
  expect([files, size]).toEqual([null, null]);
});

it('what is not there is told', async () => {
  await expect(side('none')).rejects.toMatchObject({ code: 'image/not-found' });
});
