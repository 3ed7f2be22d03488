import { chown, mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cachedFiles, pruneCache } from '../src/cache-contents.ts';
import { folderOfFile } from './support/folder.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY = 24 * 3600 * 1000;
const hex = (name: string) => Buffer.from(name.padEnd(31, '.')).toString('hex');

/** Each file of 1000 bytes, by its path below `v1` and its age in days. */
async function cacheOf(files: Readonly<Record<string, number>>): Promise<string> {
  const cacheDir = await folderOfFile();
  for (const [path, days] of Object.entries(files)) {
    const file = join(cacheDir, 'v1', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.alloc(1000));
    const used = (NOW - days * DAY) / 1000;
    await utimes(file, used, used);
  }
  return cacheDir;
}

const PACKAGE = `sha256/ab/${hex('package')}`;
const FACT = `named/${hex('fact')}`;
const PREPARED = `derived/0123456789abcdef/prepared/ab/${hex('prepared')}`;
const RESULT = `derived/0123456789abcdef/result/ab/${hex('result')}`;

async function leftOf(cacheDir: string): Promise<string[]> {
  return (await cachedFiles(cacheDir)).map(({ kind }) => kind).sort();
}

describe('a cache', () => {
  it('is listed by kind, without what is being written', async () => {
    const cacheDir = await cacheOf({
      ...{ [PACKAGE]: 1, [FACT]: 2, [PREPARED]: 3, [RESULT]: 4 },
      [`partial/${hex('partial')}.abc`]: 1,
      'derived/0123456789abcdef/entry.mkbase.00000000-1-0-0': 1,
    });
    expect(await leftOf(cacheDir)).toEqual(['facts', 'fetched', 'prepared', 'result']);
    expect(await cachedFiles(join(cacheDir, 'nothing'))).toEqual([]);
  });

  it('loses what was of use longest ago, whatever it is, until it is small enough', async () => {
    const cacheDir = await cacheOf({ [PACKAGE]: 3, [PREPARED]: 2, [RESULT]: 1 });
    expect(await pruneCache(cacheDir, 3000, NOW)).toEqual({ files: 0, bytes: 0 });
    expect(await pruneCache(cacheDir, 2500, NOW)).toEqual({ files: 1, bytes: 1000 });
    expect(await leftOf(cacheDir)).toEqual(['prepared', 'result']);
    expect(await pruneCache(cacheDir, 1000, NOW)).toEqual({ files: 2, bytes: 2000 });
  });

  it('keeps facts, and what a run may be using', async () => {
    const cacheDir = await cacheOf({ [FACT]: 100, [PACKAGE]: 0.01, [PREPARED]: 1 });
    await pruneCache(cacheDir, 1, NOW);
    expect(await leftOf(cacheDir)).toEqual(['facts', 'fetched']);
  });

  it('is bounded where the clock went back, too', async () => {
    const cacheDir = await cacheOf({ [PACKAGE]: -400, [PREPARED]: -300, [RESULT]: 1 });
    await pruneCache(cacheDir, 1200, NOW);
    expect(await leftOf(cacheDir)).toEqual(['fetched']);
  });

  it('does not lead out of itself', async () => {
    const [outside, cacheDir] = [await cacheOf({ [PACKAGE]: 9 }), await cacheOf({ [RESULT]: 9 })];
    await symlink(join(outside, 'v1/sha256'), join(cacheDir, 'v1/sha256'));
    await pruneCache(cacheDir, 1, NOW);
    expect((await stat(join(outside, 'v1', PACKAGE))).size).toBe(1000);
    expect(await leftOf(cacheDir)).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('leaves alone what another user has made', async () => {
    const cacheDir = await cacheOf({ [PACKAGE]: 9 });
    await chown(join(cacheDir, 'v1/sha256'), 65_534, 65_534);
    await pruneCache(cacheDir, 1, NOW);
    expect((await readFile(join(cacheDir, 'v1', PACKAGE))).length).toBe(1000);
  });
});
