import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AptRecipe } from '../../../../src/families/apt/recipe.ts';
import { findRecipe, loadRecipe } from '../../../../src/recipe/recipes.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';
import { makeKey } from '../../../support/key.ts';
import { mirrorOf, planWith, suiteSpec, testRecipe } from '../plan-support.ts';

const RELEASE = 'dists/bookworm/Release';
const LONG_AGO = new Date('2014-05-08T00:00:00Z');

/** A suite whose Valid-Until has passed and whose key has expired since. */
async function endedSuite() {
  const key = await makeKey({ created: LONG_AGO, expires: new Date('2016-01-01T00:00:00Z') });
  const spec = { keys: [key], date: LONG_AGO, validUntil: new Date('2014-06-08T00:00:00Z') };
  const mirror = await mirrorOf(suiteSpec({ ...spec, signatures: ['Release.gpg'] }));
  const recipe = await testRecipe({ mirrors: [mirror.url] });
  const keyFiles = [{ name: 'ended.asc', bytes: Buffer.from(key.armored) }];
  const planned = (...lastReleases: string[]) =>
    planWith({
      recipe: { keyFiles, pockets: recipe.pockets.map((pocket) => ({ ...pocket, lastReleases })) },
      mirrors: [mirror.url],
    });
  return { digest: createHash('sha256').update(mirror.files.get(RELEASE)!).digest('hex'), planned };
}

describe('a suite that has ended, whose keys have expired', () => {
  test('is taken where its Release is the last one that the recipe knows', async () => {
    const { digest, planned } = await endedSuite();
    const { lock } = await planned('0'.repeat(64), digest);
    expect(lock.indexes[0]!.signedBy).toMatch(/^[0-9A-F]{40}$/);
  });

  test('is refused with any other Release', async () => {
    const { planned } = await endedSuite();
    await expect(planned('0'.repeat(64))).rejects.toMatchObject({ code: 'signature/key-expired' });
  });
});

test('a last Release that is older than that of another mirror is no rollback', async () => {
  const [old, recent] = [
    await mirrorOf(suiteSpec({ date: new Date('2025-08-31T00:00:00Z') })),
    await mirrorOf(suiteSpec({ date: new Date('2025-12-01T00:00:00Z') })),
  ];
  const cache = await temporaryDirectory();
  const digestOf = ({ files }: typeof old) => createHash('sha256').update(files.get(RELEASE)!).digest('hex');
  const { pockets } = await testRecipe({});
  const planned = ({ url }: typeof old, lastReleases: string[]) => {
    const recipe = { pockets: pockets.map((pocket) => ({ ...pocket, lastReleases })) };
    return planWith({ job: { mirror: url }, recipe, cache });
  };
  const last = [digestOf(recent), digestOf(old)];
  await planned(recent, last);
  await expect(planned(old, last.slice(0, 1))).rejects.toMatchObject({ code: 'signature/rollback' });
  expect((await planned(old, last)).lock.indexes[0]!.digest).toBe(last[1]);
});

test('a suite that no mirror carries: each one that was tried is named', async () => {
  const [first, second] = [
    await mirrorOf(suiteSpec({ suite: 'a' })),
    await mirrorOf(suiteSpec({ suite: 'b' })),
  ];
  await expect(planWith({ mirrors: [first.url, second.url] })).rejects.toMatchObject({
    code: 'network/missing-pocket',
    message: 'no mirror has `bookworm`',
    hint: 'name a mirror that has it: `--mirror URL`',
    details: expect.arrayContaining([
      expect.stringContaining(first.url),
      expect.stringContaining(second.url),
    ]),
  });
});

test.each([
  ['trusty', [1, 1, 1]],
  // The mirrors' has fewer architectures than that of archive.debian.org, which is a year older.
  ['bullseye', [2, 1, 1]],
  ['buster', [1, 0, 0]],
  ['stretch', [1, 0, 0]],
])('%s vouches for the last Releases of its pockets, %j', async (suite, counts) => {
  const { pockets } = await loadRecipe(findRecipe(suite) as AptRecipe);
  expect(pockets.map(({ lastReleases = [] }) => lastReleases.length)).toEqual(counts);
});
