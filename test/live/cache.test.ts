import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';

/** `MKBASE_BUILDS=50` is the chore of a release. */
const BUILDS = Number(process.env.MKBASE_BUILDS ?? 20);

/** A small archive, a folder for builds from it, and the start of one of these. */
async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-live-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const packages = Array.from({ length: 12 }, (_, index) => ({
    name: `package-${index}`,
    priority: 'required',
    files: { [`usr/share/${index}`]: `${index} `.repeat(100_000) },
  }));
  const mirror = await mirrorOf(suiteSpec({ packages }));
  await writeFile(join(folder, 'key.asc'), (await theKey()).armored);
  const options = ['--pockets=release', '--keyring=key.asc', '--cache-dir=cache', '--mode=none', '--jobs=1'];
  const build = async (target: string, container: readonly string[] = []): Promise<number | null> => {
    const args = [MAIN, 'bookworm', target, mirror.url, ...options, '--debug-now=2026-01-10', '--quiet'];
    const [program = '', ...rest] = [...container, process.execPath, ...args];
    const child = spawn(program, rest, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return (await once(child, 'exit'))[0];
  };
  return { folder, build };
}

it(`${BUILDS} builds at once on one empty cache all succeed, with the same bytes`, async () => {
  const { folder, build } = await start();
  const runs = Array.from({ length: BUILDS }, (_, index) => build(`${index}.tar`));
  expect(await Promise.all(runs)).toEqual(runs.map(() => 0));
  const digests = runs.map(async (_, index) =>
    createHash('sha256')
      .update(await readFile(join(folder, `${index}.tar`)))
      .digest('hex'),
  );
  expect(new Set(await Promise.all(digests)).size).toBe(1);
  expect(await readdir(join(folder, 'cache/v1/partial'))).toEqual([]);
});

describeWith(['user namespaces'], 'builds in containers that share a folder', () => {
  const CONTAINER = ['unshare', '--map-root-user', '--pid', '--fork', '--mount-proc'];

  it('leave alone what each other is making', async () => {
    const { folder, build } = await start();
    const runs = Array.from({ length: 8 }, () => build('oci:layout:base', CONTAINER));
    expect(await Promise.all(runs)).toEqual(runs.map(() => 0));
    expect((await readdir(folder)).sort()).toEqual(['cache', 'key.asc', 'layout', 'layout.lock.json']);
  });
});
