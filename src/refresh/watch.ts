/** Goes on for ever: each image by its own schedule, or by that for all. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseSchedule } from './schedule.ts';

export interface WatchOptions {
  /** Ends it, without an error. */
  readonly signal: AbortSignal;
  /** The images as they are named now, with a schedule of their own where they have one. */
  readonly schedules: () => Promise<readonly { readonly name: string; readonly schedule: string | null }[]>;
  readonly run: (names: readonly string[]) => Promise<unknown>;
  readonly onError: (error: unknown) => Promise<void>;
  /** Between 0 and 1. */
  readonly random?: () => number;
  /** Ends early, without an error, where the signal does. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Milliseconds by which a start is put off at most: mirrors do not like the whole world at half past four. */
const JITTER = 60_000;
/** The list is looked at again so often. */
const LONGEST_SLEEP = 3_600_000;

/** @throws MkbaseError `config/bad-schedule` for the schedule of all */
export async function watch(usual: string, options: WatchOptions): Promise<void> {
  const { signal, schedules, run, onError, random = Math.random, sleep = pauseFor } = options;
  const all = parseSchedule(usual);
  let since = new Date(Date.now());
  while (!signal.aborted) {
    try {
      const nexts = (await schedules()).map(({ name, schedule }) => {
        const cron = schedule === null ? all : parseSchedule(schedule);
        return { name, next: cron.nextRun(since)?.getTime() ?? Number.POSITIVE_INFINITY };
      });
      const soonest = Math.min(...nexts.map(({ next }) => next), Date.now() + LONGEST_SLEEP);
      await sleep(soonest - Date.now(), signal);
      // An image that became due several times during a long run is run once.
      const moment = Math.max(soonest, Date.now());
      const due = nexts.filter(({ next }) => next <= moment).map(({ name }) => name);
      since = new Date(moment);
      if (due.length === 0 || signal.aborted) continue;
      await sleep(random() * JITTER, signal);
      if (!signal.aborted) await run(due);
    } catch (error) {
      if (signal.aborted) return;
      await onError(error);
      // A list that is broken at the moment is looked at again.
      await sleep(JITTER, signal);
    }
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(Math.max(0, milliseconds), undefined, { signal }).catch(() => {});
}
