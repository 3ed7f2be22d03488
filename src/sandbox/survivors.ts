/**
 * Processes that scripts leave running where no pid namespace ends them. A process may leave its session and its
 * parents, but not its ancestors: as the adopter of orphans, this process is an ancestor of all of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, sendSignal } from '../processes.ts';
import { check, libc } from './syscalls.ts';

const prctl = libc.func(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);

/** Has what its descendants leave without a parent become children of this process. */
export function adoptOrphans(): void {
  const PR_SET_CHILD_SUBREAPER = 36;
  check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 'prctl', 'PR_SET_CHILD_SUBREAPER');
}

/** Times that are tried, a hundredth of a second apart, to see the last one go. */
const TRIES = 1000;

/** Ends every process below this one. They are stopped first, so that none can fork faster than it is ended. */
export async function endDescendants(): Promise<void> {
  const stopped = new Set<number>();
  for (let left = TRIES; left > 0; left--) {
    const living = descendantsOf(process.pid).filter(({ state }) => state !== 'Z' && state !== 'X');
    if (living.length === 0) return;
    const fresh = living.filter(({ pid }) => !stopped.has(pid));
    for (const { pid } of fresh) {
      sendSignal(pid, 'SIGSTOP');
      stopped.add(pid);
    }
    if (fresh.length > 0) continue;
    for (const { pid } of living) sendSignal(pid, 'SIGKILL');
    await sleep(10);
  }
}
