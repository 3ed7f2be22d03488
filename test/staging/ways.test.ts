import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { build } from '../../src/pipeline/build.ts';
import { jobOf } from '../families/apt/plan-support.ts';
import { folderOfFile } from '../support/folder.ts';
import type { TestServer } from '../support/server.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { attempts, makeHost, startWays, writeKey } from './ways-support.ts';

/** The same for every way, and each leaves it as it was. */
const folder = await folderOfFile();
const host = join(folder, 'host');
const timed = () => true;

describe('a package that means harm, where nothing but mkbase itself keeps it in the root,', () => {
  let before: unknown;
  let mirror: TestServer;
  let key: string;
  beforeAll(async () => {
    await makeHost(host);
    before = dumpTree(host, timed);
    mirror = await startWays(host);
    key = await writeKey(join(folder, 'key.asc'));
  });
  afterAll(() => mirror.close());

  it.each(attempts(host).map((attempt) => [attempt.name, attempt] as const))(
    'by %s',
    async (_, { packages, refusal }) => {
      const place = await mkdtemp(join(folder, 'build-'));
      onTestFinished(() => rm(place, { recursive: true, force: true }));
      const job = jobOf({
        mirror: mirror.url,
        keyrings: [key],
        include: packages,
        cacheDir: join(folder, 'cache'),
        mode: 'none',
        scripts: 'skip',
        jobs: 2,
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
