import { describe, expect, onTestFinished, test } from 'vitest';
import { snapshotLadder } from '../../../../src/families/apt/archive/snapshot.ts';
import { planFromLock } from '../../../../src/families/apt/plan/lock-plan.ts';
import type { Job } from '../../../../src/job.ts';
import { requestOf } from '../../../../src/lock/lock-request.ts';
import type { AptRecipe } from '../../../../src/recipe/recipe.ts';
import { findRecipe } from '../../../../src/recipe/recipes.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';
import { buildRepository, type SuiteSpec } from '../../../support/apt-repository.ts';
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
  const files = await buildRepository([await then(change)]);
  const server = await startServer(
    new Map([...files].map(([path, bytes]) => [`archive/debian/${STAMP}/${path}`, bytes])),
  );
  onTestFinished(server.close);
  return `${server.url}/archive/debian`;
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
    expect(lock.options.apt?.snapshot).toBe('2024-03-01T06:00:00Z');
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
    const lent = { archive: ['http://near.example/debian'], security: [] };
    const again = planFromLock(lock, jobOf(), recipe, { lent, local: [] });
    expect(again.urlsOf('x', 'release')).toEqual([`http://past.example/debian/${STAMP}/x`]);
    expect(requestOf(lock, jobOf()).snapshot).toEqual(MOMENT);
  });
});

describe('where a moment is', () => {
  const rungs = (suite: string, mirror: string | null) =>
    (findRecipe(suite) as AptRecipe).pockets.map(
      (pocket) => snapshotLadder(pocket, { arch: 'amd64', mirror, moment: MOMENT }).rungs[0],
    );

  test('Ubuntu’s service has one tree for all pockets, and Debian’s has to be named', () => {
    expect(() => rungs('bookworm', null)).toThrow(
      expect.objectContaining({ code: 'usage/no-snapshots', hint: expect.stringContaining('MIRROR') }),
    );
    expect(rungs('noble', null)).toEqual(Array(3).fill(`https://snapshot.ubuntu.com/ubuntu/${STAMP}`));
  });

  test('a mirror of the service has both, and one that has not is refused', () => {
    expect(rungs('bookworm', 'http://m/archive/debian/')[2]).toBe(
      `http://m/archive/debian-security/${STAMP}`,
    );
    expect(() => rungs('bookworm', 'http://m/snapshots')).toThrow(
      expect.objectContaining({ code: 'usage/no-snapshots' }),
    );
  });
});
