import { ownMark } from '../../src/unfinished.ts';

/** A mark as this process would have made it with another number, or elsewhere. */
export function markOf({ pid = process.pid, start = '', place = '' }): string {
  const [ownPlace, , ownStart, count] = ownMark().split('-');
  return [place || ownPlace, pid, start || ownStart, count].join('-');
}

/** No process has this number: it is above the kernel's highest. */
export const DEAD = 2 ** 22 + 1;
