/** Small jobs that the build runs to have their functions compiled by V8: against mirrors of a few packages, offline, without root. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { theApkKey } from '../test/support/apk.ts';
import { buildApkRepository } from '../test/support/apk-repository.ts';
import { buildRepository, type RepositoryFiles } from '../test/support/apt-repository.ts';
import { makeKey } from '../test/support/key.ts';

/** Runs each with the program and `env` on top of the environment. */
export async function runJobs(program: string, env: Readonly<Record<string, string>>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-jobs-'));
  const mkbase = async (...args: readonly string[]) => {
    const own = { XDG_CACHE_HOME: join(folder, 'cache'), XDG_STATE_HOME: join(folder, 'state') };
    const options = { cwd: folder, env: { ...process.env, ...own, ...env } };
    await promisify(execFile)(process.execPath, [program, ...args], options);
  };
  try {
    const apt = await aptMirror(join(folder, 'apt'));
    const apk = await apkMirror(join(folder, 'apk'));
    const unconfigured = ['--mode=none', '--scripts=skip'];
    await mkbase('--version');
    await mkbase('--help');
    await mkbase('list');
    await mkbase('bookworm', '--simulate', ...apt);
    await mkbase('bookworm', 'base.tar', ...unconfigured, ...apt);
    await mkbase('bookworm', 'oci:base', '--lock=base.tar.lock.json', ...unconfigured, ...apt);
    await mkbase('alpine:3.20', 'alpine', ...unconfigured, ...apk);
    await mkbase('alpine:3.20', 'oci:alpine-image', ...unconfigured, ...apk);
    // Not everyone may do what scripts need.
    await mkbase('alpine:3.20', 'configured', ...apk).catch(() => {});
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The options and operands of a job that takes its packages from there. */
async function aptMirror(folder: string): Promise<readonly string[]> {
  const key = await makeKey();
  const packages = ['base-files', 'dpkg', 'libc6', 'hello'].map((name, index) => ({
    ...{ name, essential: index < 3, dataCodec: 'xz' as const, controlCodec: 'xz' as const },
    ...(index > 0 && { depends: 'base-files (>= 1.0)' }),
    files: { [`/usr/share/doc/${name}/copyright`]: 'free\n', [`/usr/lib/${name}.so`]: name.repeat(2000) },
  }));
  await writeFiles(
    folder,
    await buildRepository([{ suite: 'bookworm', packages, date: new Date(), keys: [key] }]),
  );
  await writeFile(join(folder, 'key.asc'), key.armored);
  const options = ['--arch=amd64', '--pockets=release', '--include=hello', '--variant=essential', '--quiet'];
  return [`--mirror=${pathToFileURL(folder)}`, ...options, `--keyring=${join(folder, 'key.asc')}`];
}

async function apkMirror(folder: string): Promise<readonly string[]> {
  const key = theApkKey();
  const packages = ['alpine-baselayout', 'busybox', 'apk-tools', 'alpine-keys'].map((name) => ({
    name,
    files: { [`usr/share/${name}`]: name.repeat(2000) },
  }));
  await writeFiles(folder, buildApkRepository({ packages, key }));
  await writeFile(join(folder, key.name), key.publicPem);
  const options = ['--arch=x86_64', '--components=main', '--variant=empty', '--include=busybox', '--quiet'];
  return [`--mirror=${pathToFileURL(folder)}`, ...options, `--keyring=${join(folder, key.name)}`];
}

async function writeFiles(folder: string, files: RepositoryFiles): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}
