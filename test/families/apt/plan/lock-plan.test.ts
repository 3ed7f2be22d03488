import { describe, expect, test } from 'vitest';
import { planFromLock } from '../../../../src/families/apt/plan/lock-plan.ts';
import type { Job } from '../../../../src/job.ts';
import { jobOf, mirrorOf, planWith, suiteSpec, testRecipe, withSnapshots } from '../plan-support.ts';

const LENT = { lent: () => ({ archive: [], security: [] }), local: [] };

async function locked(change: Partial<Job> = {}) {
  const mirror = await mirrorOf(suiteSpec());
  const mirrors = { mirrors: [mirror.url], security: ['http://s/x'] };
  const { lock, seedFiles } = await planWith({ ...mirrors, job: change });
  const recipe = await testRecipe(mirrors);
  const plan = (job: Partial<Job>, from = recipe) => planFromLock(lock, jobOf(job), from, LENT);
  return { lock, seedFiles, mirror, recipe, plan };
}

describe('planFromLock', () => {
  test('gives the lock’s packages and files, and asks no mirror', async () => {
    const { lock, seedFiles, mirror, recipe, plan } = await locked();
    mirror.requests.length = 0;
    expect(plan({}).urlsOf('x', 'release')).toEqual([`${mirror.url}/x`]);
    const again = plan({ arch: null }, withSnapshots(recipe));
    expect(again.lock).toBe(lock);
    expect(again.seedFiles).toEqual(seedFiles);
    expect(again.packages).toEqual([
      {
        name: 'base',
        version: '1.0',
        arch: 'amd64',
        pocket: 'release',
        size: lock.packages[0]!.size,
        installedSize: null,
      },
    ]);
    // And, when the mirror has dropped it and a service is known, the state of twelve hours after the Release.
    const later = 'http://past.example/debian/20260101T120000Z/x';
    expect(again.urlsOf('x', 'release')).toEqual([`${mirror.url}/x`, later]);
    expect(again.urlsOf('x', 'security')).toEqual(['http://s/x/x']);
    expect(again.warnings).toEqual([]);
    expect(mirror.requests).toEqual([]);
  });

  test('fetches from an explicit mirror, and leaves the image as it was', async () => {
    const { seedFiles, plan } = await locked();
    const again = plan({ mirror: 'http://other/debian' });
    expect(again.urlsOf('x', 'release')).toEqual(['http://other/debian/x']);
    expect(again.seedFiles).toEqual(seedFiles);
  });

  test('refuses a job that it is not the lock of', async () => {
    const { recipe, plan } = await locked();
    const codeOf = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(codeOf(() => plan({}, { ...recipe, name: 'debian:trixie' }))).toBe('lock/other-suite');
    expect(codeOf(() => plan({ arch: 'arm64' }))).toBe('lock/other-arch');
    expect(codeOf(() => plan({ scripts: 'skip' }))).toBe('lock/other-scripts');
    expect(codeOf(() => plan({ debconfSelections: 'a b c d\n' }))).toBe('lock/other-selections');
    const hook = {
      phase: 'setup',
      digest: 'd',
      text: 'true',
      cwd: '/',
      action: { kind: 'program' },
    } as const;
    expect(codeOf(() => plan({ hooks: [hook] }))).toBe('lock/other-hooks');
  });

  test('knows answers for debconf by their digest alone', async () => {
    const debconfSelections = 'passwd passwd/root-password password secret\n';
    const { lock, plan } = await locked({ debconfSelections });
    expect(JSON.stringify(lock)).not.toContain('secret');
    expect(plan({ debconfSelections }).lock).toBe(lock);
  });
});
