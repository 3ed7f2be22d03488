import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { buildDeb } from '../support/deb.ts';
import { folderOfFile } from '../support/folder.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';
import { MAIN } from './run.ts';

const folder = await folderOfFile();
await chmod(folder, 0o1777);

const CONTENT = ['--include=hello,./local.deb', '--add=./app:/opt/app', '--account=app:10001', '--slim'];
const HOOKS = ['--customize-hook=echo made > "$1/etc/made"', '--customize-hook=./hook'];

/** Options and targets of builds. */
const JOBS: readonly (readonly [what: string, options: readonly string[], targets: readonly string[]])[] = [
  ['a directory', [...CONTENT, ...HOOKS], ['out/base']],
  [
    'a tar, a layout and an archive',
    [...CONTENT, ...HOOKS, '--sbom=spdx', '--label=a=b', '--tag=base:second', '--lock-out=out/the.lock'],
    ['out/base.tar.gz', 'oci:out/layout:one', 'docker-archive:out/image.tar:base:one'],
  ],
  ['two architectures', ['--arch=amd64,arm64', '--scripts=skip', '--variant=essential'], ['oci:out/layout']],
  ['a lock', ['--lock=../lock.json', '--add=./app:/opt/app'], ['oci-archive:out/image.tar:one']],
];

describeWith(['root', 'useradd', 'newuidmap', 'setpriv'], 'a request that another process runs', () => {
  let mirror: Mirror;
  let user: OrdinaryUser;
  beforeAll(async () => {
    mirror = await startLiveMirror();
    user = await makeOrdinaryUser(folder);
    await mkdir(join(folder, 'parts/out'), { recursive: true });
    await mkdir(join(folder, 'parts/app'));
    await writeFile(join(folder, 'parts/app/file'), 'content\n');
    await writeFile(join(folder, 'parts/hook'), '#!/bin/sh\necho hook > "$1/etc/hook"\n', { mode: 0o755 });
    const files = { 'usr/share/local': 'local\n' };
    await writeFile(join(folder, 'parts/local.deb'), await buildDeb({ name: 'local', files }));
    const base = ['bookworm', `${mirror.url}/debian`, '--arch=amd64', '--add=parts/app:/opt/app'];
    await mkbase(['lock', ...base, '--output=lock.json', `--cache-dir=${folder}/cache`], folder, true);
  }, 300_000);
  afterAll(async () => {
    await mirror?.close();
    user?.remove();
  });

  it.each([...JOBS.map((job) => ['root', job] as const), ['a user', JOBS[1]!] as const])(
    'makes as %s what the command line makes: %s',
    async (who, [what, options, [target = '', ...others]]) => {
      const isRoot = who === 'root';
      const words = ['bookworm', target, `${mirror.url}/debian`, ...options];
      const build = [...words, ...others.map((other) => `--to=${other}`)];
      const name = `${what} ${isRoot}`.replaceAll(' ', '-');
      const direct = await placeOf(`direct-${name}`, isRoot);
      await mkbase([...build, ...host(isRoot)], direct, isRoot);
      const other = await placeOf(`other-${name}`, isRoot);
      const request = await mkbase([...build, '--print-request'], other, isRoot);
      expect(await mkbase([...build, '--print-request'], other, isRoot)).toBe(request);
      expect(await readdir(join(other, 'out'))).toEqual([]);
      await writeFile(join(other, 'request.json'), request);
      await mkbase(['run', join(other, 'request.json'), ...host(isRoot)], '/', isRoot);
      const made = await digestsOf(join(other, 'out'));
      expect(Object.keys(made).length).toBeGreaterThan(1);
      expect(made).toEqual(await digestsOf(join(direct, 'out')));
    },
  );

  function host(isRoot: boolean): readonly string[] {
    return ['--no-cache-results', `--cache-dir=${isRoot ? folder : user.home}/cache`];
  }

  /** A folder of a build's own, with what it names. */
  async function placeOf(name: string, isRoot: boolean): Promise<string> {
    const place = join(folder, name);
    await cp(join(folder, 'parts'), place, { recursive: true });
    if (!isRoot) execFileSync('chown', ['-R', user.name, place]);
    return place;
  }

  /** Not synchronous: the mirror answers from this process. */
  async function mkbase(words: readonly string[], cwd: string, isRoot: boolean): Promise<string> {
    const [program = '', ...rest] = isRoot
      ? [process.execPath, MAIN]
      : [...user.as, process.execPath, user.main];
    const args = [...rest, ...words, '--quiet'];
    return (await promisify(execFile)(program, args, { cwd, maxBuffer: 2 ** 26 })).stdout;
  }
});

/** Of each file by its path; of a root filesystem, as a whole with owners and modes: its directories have the time of the build. */
async function digestsOf(out: string): Promise<Record<string, string>> {
  const names = (await readdir(out, { recursive: true })).filter((name) => !name.startsWith('base/'));
  const found: Record<string, string> = {};
  for (const name of names.sort()) {
    const path = join(out, name);
    const isDirectory = (await stat(path)).isDirectory();
    if (isDirectory && name !== 'base') continue;
    const tar = [
      '--create',
      '--sort=name',
      '--numeric-owner',
      '--mtime=@0',
      '--xattrs',
      '--pax-option=delete=atime,delete=ctime',
      '-C',
      path,
      '.',
    ];
    const bytes = isDirectory ? execFileSync('tar', tar, { maxBuffer: 2 ** 30 }) : await readFile(path);
    found[name] = createHash('sha256').update(bytes).digest('hex');
  }
  return found;
}
