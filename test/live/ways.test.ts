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

/** The words before the command; empty for the user's own. */
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
    await chmod(folder, 0o1777);
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
  async function build(mode: keyof typeof WRAPPERS, { packages }: Attempt) {
    const place = join(folder, `${mode} ${packages[0]}`);
    await mkdir(place);
    await chmod(place, 0o777);
    const [program = '', ...wrapper] = WRAPPERS[mode] ?? user.as;
    // The way of root without CAP_SYS_ADMIN has no name.
    const asked = mode === 'chroot' ? 'auto' : mode;
    const options = [
      `--mode=${asked}`,
      '--scripts=skip',
      '--pockets=release',
      `--include=${packages}`,
      '--json',
      '--jobs=2',
    ];
    const cache = `--cache-dir=${join(folder, `cache of ${mode}`)}`;
    const args = [
      ...wrapper,
      process.execPath,
      user.main,
      'bookworm',
      join(place, 'out'),
      mirror.url,
      ...options,
      cache,
      `--keyring=${key}`,
    ];
    const lines = await new Promise<string>((resolve) =>
      execFile(program, args, (_, stdout) => resolve(stdout)),
    );
    const events = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const error = events.find(({ type }) => type === 'error');
    return { code: error?.code, left: (await readdir(place)).sort() };
  }

  it.each([
    ['root', 'all'],
    ['unshare', 'all'],
    ['chroot', 'all'],
    ['none', 'harmless'],
  ] as const)('do none in mode %s: %s', async (mode, which) => {
    const tried = attempts(host).filter(({ refusal }) => which === 'all' || refusal === undefined);
    const came: Record<string, unknown> = {};
    const queue = tried[Symbol.iterator]();
    const work = async () => {
      for (const attempt of queue) came[attempt.name] = await build(mode, attempt);
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
