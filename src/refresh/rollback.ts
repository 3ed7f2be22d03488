import { MkbaseError } from '../errors.ts';
import type { Lock } from '../lock/lock.ts';

/**
 * The registry remembers how new the indexes were: an older one is an attack or a mirror that lags, also
 * for a machine that sees it for the first time. The check can be turned off, which the new lock says.
 *
 * @throws MkbaseError `signature/rollback`
 */
export function checkRollback(before: readonly Lock[], now: readonly Lock[]): void {
  const floors = new Map(
    before.flatMap((lock) => lock.indexes.map((index) => [nameOf(lock, index), index.date])),
  );
  for (const lock of now.filter(({ checksOff }) => !checksOff.includes('rollback'))) {
    for (const index of lock.indexes) {
      const floor = floors.get(nameOf(lock, index));
      if (floor === undefined || index.date >= floor) continue;
      throw new MkbaseError(
        'signature/rollback',
        `the index of \`${index.suite}\` is of ${index.date}, and the image was made from one of ${floor}`,
        { hint: 'use a mirror that is up to date, or go on with `--no-check-rollback`' },
      );
    }
  }
}

function nameOf({ arch }: Lock, { pocket, suite }: Lock['indexes'][number]): string {
  return `${arch} ${pocket} ${suite}`;
}
