import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildWith, makeHost } from '../staging/ways-support.ts';
import { folderOfFile } from '../support/folder.ts';
import { hostileWays } from '../support/hostile-ways.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';

const host = join(await folderOfFile(), 'host');
const timed = () => true;

describeWith(['root'], 'a package that means harm in a build of root', () => {
  let before: unknown;
  beforeAll(async () => {
    await makeHost(host);
    before = dumpTree(host, timed);
  });

  const tried = hostileWays(host).flatMap((way) =>
    (['root', 'chroot'] as const).map((mode) => [way.name, mode, way] as const),
  );
  it.each(tried)('by %s, in mode %s', async (_, mode, way) => {
    const { outcome, left } = await buildWith(way, mode);
    expect(outcome.code).toBe(way.refusal);
    expect(left).toEqual(way.refusal === undefined ? ['out', 'out.lock.json'] : []);
    expect(dumpTree(host, timed)).toEqual(before);
  });
});
