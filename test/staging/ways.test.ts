import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folderOfFile } from '../support/folder.ts';
import { hostileWays } from '../support/hostile-ways.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { buildWith, makeHost } from './ways-support.ts';

/** The same for every way, and each leaves it as it was. */
const host = join(await folderOfFile(), 'host');
const timed = () => true;

describe('a package that means harm, where nothing but mkbase itself keeps it in the root,', () => {
  let before: unknown;
  beforeAll(async () => {
    await makeHost(host);
    before = dumpTree(host, timed);
  });

  it.each(hostileWays(host).map((way) => [way.name, way] as const))('by %s', async (_, way) => {
    const { outcome, left } = await buildWith(way, 'none');
    expect(outcome.code).toBe(way.refusal);
    expect(left).toEqual(way.refusal === undefined ? ['out', 'out.lock.json'] : []);
    expect(dumpTree(host, timed)).toEqual(before);
  });
});
