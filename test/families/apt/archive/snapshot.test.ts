import { describe, expect, onTestFinished, test } from 'vitest';
import { snapshotMirrors } from '../../../../src/families/apt/archive/snapshot.ts';
import { planFromLock } from '../../../../src/families/apt/plan/lock-plan.ts';
import type { AptRecipe, Pocket } from '../../../../src/families/apt/recipe.ts';
import type { Plan } from '../../../../src/families/family.ts';
import { requestOf } from '../../../../src/families/lock-request.ts';
import { parseDigest } from '../../../../src/formats/digest.ts';
import type { Job } from '../../../../src/job.ts';
import type { Lock } from '../../../../src/lock/lock.ts';
import { findRecipe } from '../../../../src/recipe/recipes.ts';
import { quickStore, temporaryDirectory } from '../../../fetch/support.ts';
import { buildRepository, type RepositoryFiles, type SuiteSpec } from '../../../support/apt-repository.ts';
import { startServer } from '../../../support/server.ts';
import { jobOf, mirrorOf, planWith, suiteSpec, testRecipe, withSnapshots } from '../plan-support.ts';

const MOMENT = new Date('2024-03-01T06:00:00Z');
const STAMP = '20240301T060000Z';
const then = (change: Partial<SuiteSpec> = {}) =>
  suiteSpec({
    date: new Date('2024-03-01T00:00:00Z'),
    validUntil: new Date('2024-03-08T00:00:00Z'),
    packages: [{ name: 'base', version: '0.9', priority: 'required' }],
    ...change,
  });

/** A mirror of the snapshot service with one moment. */
async function service(change: Partial<SuiteSpec> = {}): Promise<string> {
  return `${(await serviceAt(STAMP, await buildRepository([await then(change)]))).url}/archive/debian`;
}

/** The service with an archive as it was at `stamp`; like Debian's it leads from the moments `asked` to that. */
async function serviceAt(stamp: string, files: RepositoryFiles, asked: readonly string[] = []) {
  const at = (moment: string, path: string) => `archive/debian/${moment}/${path}`;
  const server = await startServer(new Map([...files].map(([path, bytes]) => [at(stamp, path), bytes])));
  onTestFinished(server.close);
  for (const moment of asked) {
    for (const path of files.keys())
      server.faults.set(at(moment, path), { kind: 'redirect', location: `/${at(stamp, path)}` });
  }
  return server;
}

const planThen = (mirror: string, job: Partial<Job> = {}) =>
  planWith({
    job: { mirror, snapshot: MOMENT, ...job },
    mirrors: ['http://archive.example/debian'],
  });

describe('a suite as it was', () => {
  test('is held to the dates of that moment, and the lock and the image’s sources say so', async () => {
    const mirror = await service();
    const { lock, seedFiles, urlsOf } = await planThen(mirror);
    expect(lock.packages).toMatchObject([{ version: '0.9', pocket: 'release' }]);
    expect(lock.family!.options).toMatchObject({ snapshot: '2024-03-01T06:00:00Z' });
    expect(lock.checksOff).toEqual([]);
    expect(urlsOf('x', 'release')).toEqual([`${mirror}/${STAMP}/x`]);
    expect(seedFiles[0]!.content).toMatch(
      `# ${mirror}/${STAMP}\nTypes: deb\nURIs: http://archive.example/debian\nSuites: bookworm\n`,
    );
  });

  test.each([
    ['signature/expired-valid-until', { validUntil: new Date('2024-03-01T03:00:00Z') }],
    ['signature/date-in-future', { date: new Date('2024-03-02T00:00:00Z') }],
    ['network/missing-pocket', { suite: 'sid' }],
  ])('%s', async (code, change) => {
    await expect(planThen(await service(change))).rejects.toMatchObject({ code });
  });

  test('neither is a rollback nor makes one', async () => {
    const cache = await temporaryDirectory();
    const [today, past] = [await mirrorOf(suiteSpec()), await service()];
    const plan = (job: Partial<Job>) => planWith({ job, mirrors: [today.url], cache });
    await plan({});
    await plan({ mirror: past, snapshot: MOMENT });
    await plan({});
    const offline = await plan({ mirror: past, snapshot: MOMENT, offline: true });
    expect(offline.lock.packages).toMatchObject([{ version: '0.9' }]);
  });

  test('is where a build from its lock fetches, and what a check of it asks for', async () => {
    const mirror = await service();
    const { lock } = await planThen(mirror);
    const recipe = withSnapshots(await testRecipe({ mirrors: ['http://archive.example/debian'] }));
    const lent = () => ({ archive: ['http://near.example/debian'], security: [] });
    const again = planFromLock(lock, jobOf(), recipe, { lent, local: [] });
    expect(again.urlsOf('x', 'release')).toEqual([`http://past.example/debian/${STAMP}/x`]);
    expect(requestOf(lock, jobOf()).snapshot).toEqual(MOMENT);
  });
});

describe('the service that the recipe names', () => {
  test('is asked where no mirror is given, and leads to the state before the moment', async () => {
    const server = await serviceAt('20240301T023411Z', await buildRepository([await then()]), [STAMP]);
    const { lock, urlsOf } = await planWith({
      job: { snapshot: MOMENT },
      recipe: withSnapshots(await testRecipe({}), `${server.url}/archive/debian`),
      lent: { archive: ['http://near.invalid/debian'], security: [] },
    });
    const [{ version, path }] = lock.packages as [(typeof lock.packages)[0]];
    expect(version).toBe('0.9');
    expect(await fetched(lock, urlsOf)).toEqual([path]);
  });

  test('is the last place of a lock: it has what the mirrors no longer have', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const place = { mirrors: [mirror.url, `${mirror.url}/second`] };
    const { lock } = await planWith(place);
    const [{ path }] = lock.packages as [(typeof lock.packages)[0]];
    const server = await serviceAt('20260101T084512Z', new Map(mirror.files), ['20260101T120000Z']);
    mirror.files.delete(path);
    mirror.requests.length = 0;
    const recipe = withSnapshots(await testRecipe(place), `${server.url}/archive/debian`);
    const again = planFromLock(lock, jobOf(), recipe, {
      lent: () => ({ archive: [], security: [] }),
      local: [],
    });
    expect(await fetched(lock, again.urlsOf)).toEqual([path]);
    expect(mirror.requests.map((request) => request.path)).toEqual([path, `second/${path}`]);
  });
});

/** Fetches the packages of a lock from those addresses: the store holds them to the lock's digests. */
async function fetched(lock: Lock, urlsOf: Plan['urlsOf']): Promise<string[]> {
  const store = await quickStore();
  const items = lock.packages.map(({ path, pocket, size, digest }) => ({
    ...{ what: path, urls: urlsOf(path, pocket), size },
    digest: parseDigest(digest),
  }));
  await store.fetchAll(items);
  return items.map(({ what }) => what);
}

describe('where a moment is', () => {
  const mirrors = (suite: string, mirror: string | null) =>
    (findRecipe(suite) as AptRecipe).pockets.map(
      (pocket) => snapshotMirrors(pocket, { arch: 'amd64', mirror, moment: MOMENT }).mirrors[0],
    );

  test('Ubuntu’s service has one tree for all pockets, Debian’s one for security fixes too', () => {
    const debian = 'https://snapshot.debian.org/archive';
    const [main, security] = [`${debian}/debian/${STAMP}`, `${debian}/debian-security/${STAMP}`];
    expect(mirrors('bookworm', null)).toEqual([main, main, security]);
    expect(mirrors('bullseye', null)).toEqual([main, main, security]);
    expect(mirrors('sid', null)).toEqual([main]);
    expect(mirrors('noble', null)).toEqual(Array(3).fill(`https://snapshot.ubuntu.com/ubuntu/${STAMP}`));
  });

  test('a recipe that knows no service takes it as MIRROR', () => {
    const pocket: Pocket = { name: 'release', suite: 'own', mirrors: { default: ['http://m/own'] } };
    expect(() => snapshotMirrors(pocket, { arch: 'amd64', mirror: null, moment: MOMENT })).toThrow(
      expect.objectContaining({ code: 'usage/no-snapshots', hint: expect.stringContaining('MIRROR') }),
    );
  });

  test('an archive apart from the distribution’s is left out by name, as no MIRROR stands for it', () => {
    const pocket: Pocket = {
      ...{ name: 'own', suite: 'own', mirrors: { default: ['http://m/own'] } },
      separate: { signedBy: null },
    };
    const mirror = 'http://m/archive/debian';
    expect(() => snapshotMirrors(pocket, { arch: 'amd64', mirror, moment: MOMENT })).toThrow(
      expect.objectContaining({ code: 'usage/no-snapshots', hint: expect.stringContaining('--pockets') }),
    );
  });

  test('a mirror of the service has both, and one that has not is refused', () => {
    expect(mirrors('bookworm', 'http://m/archive/debian/')[2]).toBe(
      `http://m/archive/debian-security/${STAMP}`,
    );
    expect(() => mirrors('bookworm', 'http://m/snapshots')).toThrow(
      expect.objectContaining({ code: 'usage/no-snapshots' }),
    );
  });
});
