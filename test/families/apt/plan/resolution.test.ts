import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDerived } from '../../../../src/derived/derived.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';
import { mirrorOf, namesOf, type PlanOptions, planWith, suiteSpec } from '../plan-support.ts';

const PACKAGES = [
  { name: 'base', priority: 'required' },
  { name: 'useful', recommends: 'extra' },
  { name: 'extra' },
  { name: 'important', priority: 'important' },
];

async function keeping() {
  const folder = await temporaryDirectory();
  const notices: string[] = [];
  const secret = randomBytes(32).toString('hex');
  const derived = openDerived({ folder, secret }, (message) => notices.push(message));
  return { derived, folder, notices };
}

const indexesOf = ({ requests }: { readonly requests: readonly { readonly path: string }[] }) =>
  requests.filter(({ path }) => /Packages|by-hash/.test(path)).length;

describe('what a request was resolved to', () => {
  test('is remembered: the same plan again reads no index', async () => {
    const { derived } = await keeping();
    const mirror = await mirrorOf(suiteSpec({ packages: PACKAGES }));
    const options = { mirrors: [mirror.url], derived, job: { include: ['useful'] } };
    const first = await planWith(options);
    const read = indexesOf(mirror);
    expect(read).toBeGreaterThan(0);
    const again = await planWith(options);
    expect(indexesOf(mirror)).toBe(read);
    expect(again.lock).toEqual(first.lock);
    expect(again.packages).toEqual(first.packages);
    expect(again.urlsOf('pool/x.deb', 'release')).toEqual(first.urlsOf('pool/x.deb', 'release'));
  });

  test('holds for the signed Release that it was read from', async () => {
    const { derived } = await keeping();
    const [older, newer] = await Promise.all([
      mirrorOf(suiteSpec({ packages: PACKAGES })),
      mirrorOf(suiteSpec({ packages: PACKAGES.map((one) => ({ ...one, version: '2.0' })) })),
    ]);
    await planWith({ mirrors: [older.url], derived });
    const { packages } = await planWith({ mirrors: [newer.url], derived });
    expect(packages.map(({ version }) => version)).toEqual(['2.0']);
  });

  test.each<[string, PlanOptions]>([
    ['included', { job: { include: ['useful'] } }],
    ['excluded', { job: { exclude: ['extra'], include: ['useful'], recommends: true } }],
    ['recommended', { job: { include: ['useful'], recommends: true } }],
    ['of another variant', { job: { variant: 'important' } }],
    ['chosen by the other solver', { job: { solver: '3', include: ['useful'] } }],
    ['extra by the recipe', { recipe: { extra: { minbase: ['extra'] } } }],
    ['left out by the recipe', { recipe: { withoutRequired: ['minbase'], extra: { minbase: ['extra'] } } }],
  ])('is another one where packages are %s', async (_, options) => {
    const { derived } = await keeping();
    const mirrors = [(await mirrorOf(suiteSpec({ packages: PACKAGES }))).url];
    await planWith({ mirrors, derived });
    const kept = await planWith({ mirrors, derived, ...options });
    expect(namesOf(kept)).toEqual(namesOf(await planWith({ mirrors, ...options })));
  });

  test('is resolved anew where the entry has a flipped bit', async () => {
    const { derived, folder, notices } = await keeping();
    const options = { mirrors: [(await mirrorOf(suiteSpec({ packages: PACKAGES }))).url], derived };
    const first = await planWith(options);
    const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
      one.isFile(),
    );
    for (const { parentPath, name } of entries) {
      const bytes = await readFile(join(parentPath, name));
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(join(parentPath, name), bytes);
    }
    expect((await planWith(options)).lock).toEqual(first.lock);
    expect(notices).toEqual([expect.stringContaining('is not as it was kept')]);
  });
});
