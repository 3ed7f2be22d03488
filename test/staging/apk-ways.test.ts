import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { build } from '../../src/pipeline/build.ts';
import { jobOf } from '../families/apt/plan-support.ts';
import { type ApkSpec, theApkKey } from '../support/apk.ts';
import { buildApkRepository } from '../support/apk-repository.ts';
import { folderOfFile } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import type { TarSpec } from '../support/tar.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { makeHost } from './ways-support.ts';

const folder = await folderOfFile();
const host = join(folder, 'host');
const up = `${'../'.repeat(30)}${host.slice(1)}`;
const timed = () => true;

const directory = (path: string): TarSpec => ({ path, type: 'directory' });
const link = (path: string, target = host): TarSpec => ({ path, type: 'symlink', target });
const file = (path: string): TarSpec => ({ path, content: 'x' });
const entries = (...list: readonly TarSpec[]) => ({ entries: list });

/** A package, and the code of its refusal; none where it is installed and does no harm. */
const WAYS: readonly (readonly [name: string, spec: Omit<ApkSpec, 'name'>, refusal?: string])[] = [
  ['a link at etc', entries(link('etc')), 'package/file-over-directory'],
  ['a link at etc/apk', entries(directory('etc'), link('etc/apk')), 'package/file-over-directory'],
  ['a link at lib/apk', entries(directory('lib'), link('lib/apk'))],
  ['a link at lib/apk/db', entries(directory('lib'), directory('lib/apk'), link('lib/apk/db'))],
  ['a link at var', entries(link('var')), 'package/file-over-directory'],
  ['a link at dev', entries(link('dev')), 'package/file-over-directory'],
  [
    'a link and a file through it',
    entries(link('a1'), directory('a1'), file('a1/new')),
    'package/file-conflict',
  ],
  [
    'a link up and a file through it',
    entries(link('a2', up), directory('a2'), file('a2/new')),
    'package/file-conflict',
  ],
  [
    'a hard link to the host',
    entries({ path: 'h1', type: 'hardlink', target: host.slice(1) }),
    'package/bad-hardlink',
  ],
  [
    'a hard link out',
    entries({ path: 'h2', type: 'hardlink', target: `${up}/passwd` }),
    'package/path-escape',
  ],
  ['a way up', entries(file(`opt/${up}/new`)), 'package/path-escape'],
  ['an absolute path', entries(file(`${host}/new`)), 'package/absolute-path'],
  ['a newline', entries(file('n\nf')), 'package/newline-in-path'],
  ['a long name', entries(file('a'.repeat(300))), 'package/name-too-long'],
  ['a file below a file', entries(file('f1'), directory('f1'), file('f1/g')), 'package/file-conflict'],
  ['a script named like a path', { scripts: { '.post-install/../../../x': '#!/bin/sh\n' } }],
  ['triggers on the host', { info: { triggers: host }, scripts: { '.trigger': '#!/bin/sh\n' } }],
  [
    'a pipe where the database lies',
    entries(directory('lib'), directory('lib/apk'), directory('lib/apk/db'), {
      path: 'lib/apk/db/installed',
      type: 'fifo',
    }),
  ],
  [
    'a world of its own that leads out',
    entries(directory('etc'), directory('etc/apk'), link('etc/apk/world', `${host}/passwd`)),
  ],
];

describe('an apk package that means harm, where nothing but mkbase itself keeps it in the root,', () => {
  let before: unknown;
  let mirror: TestServer;
  const key = join(folder, theApkKey().name);
  beforeAll(async () => {
    await makeHost(host);
    before = dumpTree(host, timed);
    await writeFile(key, theApkKey().publicPem);
    const packages = WAYS.map(([, spec], number) => ({ ...spec, name: `way${number}` }));
    mirror = await startServer(buildApkRepository({ packages }));
  });
  afterAll(() => mirror.close());

  it.each(WAYS.map(([name, , refusal], number) => [name, refusal, `way${number}`] as const))(
    'by %s',
    async (_, refusal, name) => {
      const place = await mkdtemp(join(folder, 'build-'));
      onTestFinished(() => rm(place, { recursive: true, force: true }));
      const job = jobOf({
        ...{ suite: 'alpine:3.20', arch: 'x86_64', variant: 'empty', components: ['main'] },
        ...{ mirror: mirror.url, keyrings: [key], include: [name], now: new Date('2020-10-01T00:00:00Z') },
        ...{ cacheDir: join(folder, 'cache'), mode: 'none', scripts: 'skip', jobs: 2 },
      });
      const target = { kind: 'directory', path: join(place, 'out') } as const;
      const signal = new AbortController().signal;
      const outcome = await build([job], [target], { env: {}, signal, emit: () => {} }).catch(
        (error) => error,
      );
      expect(outcome.code, outcome.message).toBe(refusal);
      expect((await readdir(place)).sort()).toEqual(refusal === undefined ? ['out', 'out.lock.json'] : []);
      expect(dumpTree(host, timed)).toEqual(before);
    },
  );
});
