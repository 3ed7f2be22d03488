/** Bases with a package that means harm to a folder of the host, which is compared before and after. */
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { build } from '../../src/build/build.ts';
import type { Mode } from '../../src/job.ts';
import { jobOf, mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import type { Way } from '../support/hostile-ways.ts';

/** A folder with what a package would like to change. */
export async function makeHost(folder: string): Promise<string> {
  for (const path of ['apt', 'dpkg/info', 'triggers', 'lib'])
    await mkdir(join(folder, path), { recursive: true });
  for (const path of ['passwd', 'fstab', 'status', 'null', 'sources.list', 'dpkg/info/format', 'tool']) {
    await writeFile(join(folder, path), `the ${path} of the host`);
    await chmod(join(folder, path), 0o666);
  }
  await symlink('passwd', join(folder, 'link'));
  await chmod(folder, 0o777);
  return folder;
}

/** Builds a base with it, without scripts; what came of it, and what is left beside the target. */
export async function buildWith({ spec }: Way, mode: Mode) {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const base = {
    name: 'base',
    priority: 'required',
    files: { 'usr/bin/tool': { content: 'tool', mode: 0o755 } },
  };
  const mirror = await mirrorOf(suiteSpec({ packages: [base, { ...spec, name: 'evil' }] }));
  const keyring = join(folder, 'key.asc');
  await writeFile(keyring, (await theKey()).armored);
  const job = jobOf({
    mirror: mirror.url,
    keyrings: [keyring],
    include: ['evil'],
    cacheDir: join(folder, 'cache'),
    mode,
    scripts: 'skip',
    jobs: 2,
  });
  const target = { kind: 'directory', path: join(folder, 'out') } as const;
  const signal = new AbortController().signal;
  const outcome = await build([job], [target], { env: {}, signal, emit: () => {} }).catch((error) => error);
  const left = (await readdir(folder)).filter((name) => name !== 'cache' && name !== 'key.asc');
  return { outcome, left: left.sort() };
}
