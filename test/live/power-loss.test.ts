import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

/** A disk that can lose its power: what was written to this file of an ext4 file system outlives it. */
const SIZE = 256 * 2 ** 20;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-live-power-'));
  await chmod(folder, 0o755);
});
afterAll(async () => {
  for (const name of ['disk', 'after']) await run('umount', [join(folder, name)]).catch(() => {});
  await rm(folder, { recursive: true, force: true });
});

describeWith(['root', 'mkfs.ext4', 'losetup'], 'after a loss of power', () => {
  it('all that a run has told of is there', { timeout: 120_000 }, async () => {
    const [image, crashed] = [join(folder, 'image'), join(folder, 'crashed')];
    const [disk, after] = [join(folder, 'disk'), join(folder, 'after')];
    for (const path of [disk, after]) await mkdir(path);
    await writeFile(image, '');
    await run('truncate', ['-s', String(SIZE), image]);
    await run('mkfs.ext4', ['-q', image]);
    await run('mount', ['-o', 'loop', image, disk]);
    const files = Object.fromEntries([1, 2, 3].map((n) => [`usr/share/${n}`, `${n}`.repeat(2 ** 21)]));
    const mirror = await mirrorOf(suiteSpec({ packages: [{ name: 'base', priority: 'required', files }] }));
    const key = join(folder, 'key.asc');
    await writeFile(key, (await theKey()).armored);
    const to = ['one.tar', 'oci:layout:x', 'oci-archive:two.tar'].map((target) => {
      return `--to=${target.replace(/[^:]+(?=$|:x$)/, (path) => join(disk, 'new', path))}`;
    });
    const args = [
      ...['bookworm', join(disk, 'new/base'), mirror.url, ...to, '--sbom=spdx', '--scripts=skip'],
      ...[`--keyring=${key}`, '--pockets=release', `--cache-dir=${join(folder, 'cache')}`],
      ...['--debug-now=2026-01-10T00:00:00Z', '--quiet'],
    ];
    await run(process.execPath, [MAIN, ...args]);
    await cp(image, crashed);
    await run('mount', ['-o', 'loop', crashed, after]);
    // Files that the run removed at its end may be there again: a later run sweeps them.
    const same = ['-r', '--no-dereference', '--exclude=.*.mkbase.*'];
    await run('diff', [...same, join(disk, 'new'), join(after, 'new')]);
    await run(process.execPath, [MAIN, 'inspect', `oci:${join(after, 'new/layout')}:x`]);
    expect(await run('ls', [join(after, 'new')])).toBe(
      'base\nbase.lock.json\nbase.spdx.json\nlayout\none.tar\ntwo.tar\n',
    );
  });
});
