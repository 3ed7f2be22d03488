/** Builds that share one cache. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Event, Job } from '../../src/job.ts';
import { build } from '../../src/pipeline/build.ts';
import type { Target } from '../../src/targets/target.ts';
import { jobOf, mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import type { RepositoryPackage } from '../support/apt-repository.ts';

export const PACKAGES: readonly RepositoryPackage[] = ['base', 'tool', 'other'].map((name) => ({
  name,
  priority: 'required',
  files: { [`usr/share/${name}`]: `${name} `.repeat(1000) },
}));

/** A mirror that can change, and builds from it that share one cache, each to a tar. */
export async function startSharing(packages = PACKAGES) {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const mirror = await mirrorOf(suiteSpec({ packages }));
  const keyring = join(folder, 'key.asc');
  await writeFile(keyring, (await theKey()).armored);
  const cacheDir = join(folder, 'cache');
  const run = async (
    name: string,
    change: Partial<Job> = {},
    onEvent: (event: Event) => void = () => {},
    { target: other, verify = false }: { readonly target?: Target; readonly verify?: boolean } = {},
  ) => {
    const job = jobOf({
      ...{ mirror: mirror.url, keyrings: [keyring], cacheDir, mode: 'none', scripts: 'skip', jobs: 1 },
      ...change,
    });
    const target = other ?? { kind: 'tar', path: join(folder, name), compression: 'none' };
    const signal = new AbortController().signal;
    return build([job], [target], { env: {}, signal, emit: onEvent, verify }).catch((error) => error);
  };
  const tar = (name: string) => readFile(join(folder, name));
  return { folder, mirror, cacheDir, run, tar };
}

export async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.map((name) => join(folder, name));
  const kinds = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
  return paths.filter((_, index) => kinds[index]);
}
