import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Attempt, attempts, makeHost, startWays, writeKey } from '../staging/ways-support.ts';
import { folderOfFile } from '../support/folder.ts';
import type { TestServer } from '../support/server.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';

/** What stands before the command; the user's own where there is nothing. */
const WRAPPERS = {
  root: ['env'],
  chroot: ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'],
  unshare: null,
  none: null,
} as const;

const folder = await folderOfFile();
const host = join(folder, 'host');
const timed = () => true;

describeWith(['root', 'useradd', 'newuidmap', 'setpriv'], 'packages that mean harm', () => {
  let before: unknown;
  let mirror: TestServer;
  let user: OrdinaryUser;
  let key: string;
  beforeAll(async () => {
    await chmod(folder, 0o755);
    await makeHost(host);
    before = dumpTree(host, timed);
    mirror = await startWays(host);
    key = await writeKey(join(folder, 'key.asc'));
    user = await makeOrdinaryUser(folder);
  });
  afterAll(async () => {
    user?.remove();
    await mirror?.close();
  });

  /** The code of a build's error, and what lies beside its target. */
  async function build(mode: keyof typeof WRAPPERS, scripts: string, { packages }: Attempt) {
    const place = join(folder, `${mode} ${scripts} ${packages[0]}`);
    await mkdir(place);
    await chmod(place, 0o777);
    const [program = '', ...wrapper] = WRAPPERS[mode] ?? user.as;
    const options = [`--mode=${mode}`, `--scripts=${scripts}`, `--include=${packages}`, '--json', '--jobs=2'];
    const cache = `--cache-dir=${join(folder, `cache of ${mode}`)}`;
    const source = `deb [signed-by=${key}] ${mirror.url} bookworm main`;
    const args = [
      ...wrapper,
      process.execPath,
      user.main,
      'bookworm',
      join(place, 'out'),
      ...options,
      cache,
      source,
    ];
    const lines = await new Promise<string>((resolve) =>
      execFile(program, args, (_, stdout) => resolve(stdout)),
    );
    const events = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const error = events.find(({ event }) => event === 'error');
    return { code: error?.code, left: (await readdir(place)).sort() };
  }

  it.each([
    ['root', 'run', 'all'],
    ['unshare', 'run', 'all'],
    ['chroot', 'run', 'all'],
    ['root', 'skip', 'harmless'],
    ['unshare', 'skip', 'harmless'],
    ['chroot', 'skip', 'harmless'],
    ['none', 'skip', 'harmless'],
  ] as const)('do none in mode %s with --scripts=%s: %s', async (mode, scripts, which) => {
    const tried = attempts(host).filter(({ refusal }) => which === 'all' || refusal === undefined);
    const came: Record<string, unknown> = {};
    const queue = tried[Symbol.iterator]();
    const work = async () => {
      for (const attempt of queue) came[attempt.name] = await build(mode, scripts, attempt);
    };
    await Promise.all([work(), work()]);
    const wanted = tried.map(({ name, refusal }) => [
      name,
      refusal === undefined ? { left: ['out', 'out.lock.json'] } : { code: refusal, left: [] },
    ]);
    expect(came).toEqual(Object.fromEntries(wanted));
    expect(dumpTree(host, timed)).toEqual(before);
  });
});
