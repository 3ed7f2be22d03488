import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseSchedule } from '../../src/refresh/schedule.ts';
import { watch } from '../../src/refresh/watch.ts';

const HOUR = 3_600_000;
// The module's own timers are promises of node:timers, which fake timers do not reach: they are given.
let now: number;
beforeEach(() => {
  now = Date.parse('2026-01-01T04:10:00Z');
  vi.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

type Schedules = readonly { readonly name: string; readonly schedule: string | null }[];

/** The runs until so many hours have passed. */
async function runsIn(hours: number, usual: string, schedules: () => Promise<Schedules>) {
  const runs: string[] = [];
  const errors: unknown[] = [];
  const controller = new AbortController();
  const end = now + hours * HOUR;
  await watch(usual, {
    signal: controller.signal,
    random: () => 0,
    schedules,
    async run(names) {
      runs.push(`${new Date(now).toISOString().slice(11, 16)} ${names.join(' ')}`);
      if (names.includes('slow')) now += 2.25 * HOUR;
    },
    async onError(error) {
      errors.push(error);
    },
    async sleep(milliseconds) {
      now += Math.max(0, milliseconds);
      if (now >= end) controller.abort();
    },
  });
  return { runs, errors };
}

describe('--watch', () => {
  it('looks after each image by its own schedule, or that for all', async () => {
    const { runs } = await runsIn(4, '30 4 * * *', async () => [
      { name: 'a', schedule: null },
      { name: 'b', schedule: '0 */2 * * *' },
      { name: 'c', schedule: null },
    ]);
    expect(runs).toEqual(['04:30 a c', '06:00 b', '08:00 b']);
  });

  it('runs once what became due several times during a long run', async () => {
    const { runs } = await runsIn(5, '0 * * * *', async () => [
      { name: 'a', schedule: null },
      { name: 'slow', schedule: '30 4 * * *' },
    ]);
    expect(runs).toEqual(['04:30 slow', '06:45 a', '07:00 a', '08:00 a', '09:00 a']);
  });

  it('goes on after a list that could not be read', async () => {
    let broken = true;
    const { runs, errors } = await runsIn(1, '30 4 * * *', async () => {
      if (!broken) return [{ name: 'a', schedule: null }];
      broken = false;
      throw new Error('broken');
    });
    expect(errors).toHaveLength(1);
    expect(runs).toEqual(['04:30 a']);
  });

  it('sees images that are added later', async () => {
    let asked = 0;
    const { runs } = await runsIn(26, '30 4 * * *', async () => {
      return asked++ === 0 ? [] : [{ name: 'late', schedule: null }];
    });
    expect(runs).toEqual(['04:30 late']);
  });

  it.each(['', 'daily', '99 * * * *', '* * *'])('refuses the schedule %j', (text) => {
    expect(() => parseSchedule(text)).toThrow('is not a schedule');
  });
});
