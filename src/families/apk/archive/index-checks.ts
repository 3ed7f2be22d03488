import { MkbaseError, quoted } from '../../../errors.ts';
import type { Check } from '../../../lock/lock.ts';
import { isoTime, SECONDS_A_DAY } from '../../../time.ts';
import type { ApkIndex } from './index-archive.ts';

export interface IndexCheckOptions {
  /** By Alpine's name: `x86_64`. */
  readonly arch: string;
  /** `v3.20`, `edge`; empty where a distribution has none. */
  readonly branch: string;
  /** Names the index in messages: "the index of `main`". */
  readonly what: string;
  readonly now: Date;
  /** Seconds; null takes any age. */
  readonly maxAge: number | null;
  readonly checksOff: readonly Check[];
}

/** How far the build time of a package may be ahead of our clock, seconds: as with apt's Release. */
const MAX_AHEAD = 10;

/**
 * Checks that the index is of the branch and architecture asked for, and current: a good signature does not
 * show that, because one key signs several branches for years. It has no date; that of its newest package is used.
 *
 * @throws MkbaseError `signature/wrong-arch`, `signature/wrong-suite`, `signature/date-in-future`,
 *   `signature/too-old`
 */
export function checkIndex(
  index: Pick<ApkIndex, 'description' | 'packages' | 'newest'>,
  { arch, branch, what, now, maxAge, checksOff }: IndexCheckOptions,
): void {
  const age = now.getTime() / 1000 - index.newest;
  const foreign = index.packages.find((item) => item.arch !== arch && item.arch !== 'noarch');
  if (foreign !== undefined) {
    const message = `${what} is of the architecture ${quoted(foreign.arch)} and not of \`${arch}\``;
    throw new MkbaseError('signature/wrong-arch', message, {
      hint: 'the mirror serves the index of another architecture: use another one',
      details: [`${quoted(foreign.name)} is one of its packages`],
    });
  }
  const found = branchOf(index.description);
  if (!checksOff.includes('suite') && branch !== '' && found !== null && found !== branch) {
    throw new MkbaseError('signature/wrong-suite', `${what} is of \`${found}\` and not of \`${branch}\``, {
      hint: 'use a mirror that has this branch, or accept another one with `--no-check-suite`',
      details: [`it calls itself ${quoted(index.description)}`],
    });
  }
  if (!checksOff.includes('date') && age < -MAX_AHEAD) {
    const message = `${what} has a package of ${isoTime(index.newest)}, which is in the future`;
    throw new MkbaseError('signature/date-in-future', message, {
      hint: `set the clock, which says ${isoTime(now)}, or go on with \`--no-check-date\``,
    });
  }
  if (maxAge !== null && age > maxAge) {
    const days = (seconds: number): string => `${(seconds / SECONDS_A_DAY).toFixed(1)} days`;
    throw new MkbaseError(
      'signature/too-old',
      `the newest package of ${what} is ${days(age)} old, more than the ${days(maxAge)} of \`--max-age\``,
      { hint: 'use a mirror that is up to date, or raise `--max-age`' },
    );
  }
}

/**
 * An index whose newest package is older than that of one seen before (`seen`, seconds since 1970) is a
 * lagging mirror's, or an old one played again to keep known holes open.
 *
 * @throws MkbaseError `signature/rollback`
 */
export function checkRollback(newest: number, seen: number | null, what: string): void {
  if (seen === null || newest >= seen) return;
  throw new MkbaseError(
    'signature/rollback',
    `${what} of ${isoTime(newest)} is older than the one of ${isoTime(seen)} seen before`,
    { hint: 'use a mirror that is up to date, or accept this one with `--no-check-rollback`' },
  );
}

/**
 * Alpine's own are described by `git describe`: `v3.16.3-13-g4d933a1fa3` in a branch, and in edge the day
 * of the last snapshot, `v20231219-1064-g3a1b`. Null where the description names no branch.
 */
function branchOf(description: string): string | null {
  const [, day, release] = /(?:^|\s)v(?:(\d{8})|(\d+\.\d+))(?![\d])/.exec(description) ?? [];
  if (day !== undefined) return 'edge';
  return release === undefined ? null : `v${release}`;
}
