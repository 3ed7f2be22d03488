import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { decompress } from '../../src/formats/compress.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { buildBoth, packagesOf, unnamed } from './beside-mmdebstrap.ts';
import { describeWith } from './needs.ts';
import { run } from './run.ts';

/** Which sets to try of each suite: `MKBASE_SETS=1-40` tries forty. */
const [first = 4, last = first] = (process.env.MKBASE_SETS ?? '4').split('-').map(Number);
const NUMBERS = Array.from({ length: last - first + 1 }, (_, index) => first + index);

describeWith(['root', 'mmdebstrap'], 'five packages at random', () => {
  let folder: string;
  let mirror: Mirror;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-sets-'));
    await chmod(folder, 0o755);
    mirror = await startLiveMirror();
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['bookworm', 'trixie'].flatMap((suite) => NUMBERS.map((number) => [suite, number] as const)))(
    '%s, set %i: equal but for the named classes',
    async (suite, number) => {
      const include = draw(suite, number, await namesOf(mirror, suite));
      process.stderr.write(`${suite} ${number}: ${include.join(',')}\n`);
      const { theirs, ours } = await buildBoth({ suite, include, mirror, folder });
      if (typeof theirs !== 'string') return expect(ours, 'mmdebstrap refuses').toBeInstanceOf(Error);
      if (typeof ours !== 'string') throw ours;
      expect(await packagesOf(ours)).toEqual(await packagesOf(theirs));
      expect(unnamed(theirs, ours)).toEqual([]);
    },
  );
});

/** The same five on every machine, while the suite has the same packages. */
function draw(suite: string, number: number, names: readonly string[]): readonly string[] {
  const rank = (name: string) => createHash('sha256').update(`${suite} ${number} ${name}`).digest('hex');
  const ranked = names.map((name) => [rank(name), name] as const);
  return ranked
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .slice(0, 5)
    .map(([, name]) => name);
}

/** All binary packages of a suite's main. */
async function namesOf(mirror: Mirror, suite: string): Promise<readonly string[]> {
  const arch = (await run('dpkg', ['--print-architecture'])).trim();
  const answer = await fetch(`${mirror.url}/debian/dists/${suite}/main/binary-${arch}/Packages.xz`);
  const index = await decompress('xz', Buffer.from(await answer.arrayBuffer()), 2 ** 30);
  return [...new Set(index.toString('latin1').match(/(?<=^Package: ).*$/gm))];
}
