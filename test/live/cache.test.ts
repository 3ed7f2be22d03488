import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { MAIN } from './run.ts';

/** `MKBASE_BUILDS=50` is the chore of a release. */
const BUILDS = Number(process.env.MKBASE_BUILDS ?? 20);

it(`${BUILDS} builds at once on one empty cache all succeed, with the same bytes`, async () => {
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
  const runs = Array.from({ length: BUILDS }, async (_, index) => {
    const args = [
      MAIN,
      'bookworm',
      `${index}.tar`,
      mirror.url,
      ...options,
      '--debug-now=2026-01-10',
      '--quiet',
    ];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return (await once(child, 'exit'))[0];
  });
  expect(await Promise.all(runs)).toEqual(runs.map(() => 0));
  const digests = runs.map(async (_, index) =>
    createHash('sha256')
      .update(await readFile(join(folder, `${index}.tar`)))
      .digest('hex'),
  );
  expect(new Set(await Promise.all(digests)).size).toBe(1);
  expect(await readdir(join(folder, 'cache/v1/partial'))).toEqual([]);
});
