import { MkbaseError } from '../../../errors.ts';
import type { Check } from '../../../lock/lock.ts';
import { isoTime, SECONDS_A_DAY } from '../../../time.ts';
import type { Release } from './release.ts';

/** How far a Release's clock may be ahead of ours, as apt's Acquire::Max-FutureTime, milliseconds. */
const MAX_AHEAD = 10_000;

/** How a Release may call its suite. */
export interface SuiteNames {
  readonly suite: string;
  readonly alsoNamed?: readonly string[];
  /** Not null for a source of the user's own: those of small repositories often name no suite at all. */
  readonly userUri?: string | null;
}

export interface CheckOptions {
  readonly names: SuiteNames;
  readonly now: Date;
  /** The time that keys and Valid-Until are judged by: `now`, unless the recipe vouches for the text. */
  readonly asOf: Date;
  /** Seconds; null takes any age. */
  readonly maxAge: number | null;
  readonly checksOff: readonly Check[];
}

/**
 * Checks that a Release is of the suite asked for, and current, which a good signature does not show. Each
 * check has an error and a switch of its own.
 */
export function checkRelease(release: Release, what: string, options: CheckOptions): void {
  const isOn = (check: Check): boolean => !options.checksOff.includes(check);
  if (isOn('suite')) checkSuite(release, options.names, what);
  if (isOn('date')) checkDate(release, what, options.now);
  if (isOn('valid-until')) checkValidUntil(release, what, options.asOf);
  const { now, maxAge } = options;
  if (maxAge !== null) checkAge(release, what, { now, maxAge });
}

/**
 * A Release older than one that this cache has seen (`seen`) is a lagging mirror's, or an old one
 * played again to keep known holes open.
 */
export function checkRollback(release: Release, seen: Date | null, what: string): void {
  if (seen === null || release.date.getTime() >= seen.getTime()) return;
  throw new MkbaseError(
    'signature/rollback',
    `${what} of ${isoTime(release.date)} is older than the one of ${isoTime(seen)} seen before`,
    { hint: 'use a mirror that is up to date, or accept this one with `--no-check-rollback`' },
  );
}

function checkSuite(
  release: Release,
  { suite, alsoNamed = [], userUri = null }: SuiteNames,
  what: string,
): void {
  // apt leaves out the last part of a suite with slashes: `bookworm/vendor/7.0` may call itself `bookworm/vendor`.
  const slash = suite.lastIndexOf('/');
  const wanted = [suite, ...alsoNamed, ...(slash > 0 ? [suite.slice(0, slash)] : [])];
  const named = [release.suite, release.codename];
  if (named.some((name) => name !== undefined && wanted.includes(name))) return;
  // The path of a flat repository says nothing of its name.
  if (suite.endsWith('/')) return;
  if (userUri !== null && named.every((name) => name === undefined)) return;
  const found = named.filter((name) => name !== undefined).map((name) => `\`${name}\``);
  throw new MkbaseError(
    'signature/wrong-suite',
    `${what} is of ${found.join(', ') || 'no suite'} and not of \`${suite}\``,
    {
      hint:
        userUri === null
          ? 'use a mirror that has this suite, or accept another name with `--no-check-suite`'
          : 'name the suite that it is of, or accept this one with `check-suite=no` in the options of the source',
    },
  );
}

function checkDate(release: Release, what: string, now: Date): void {
  if (release.dateFault !== null) {
    throw new MkbaseError('signature/no-date', `${what} is of no day: ${release.dateFault}`, {
      hint: 'go on with `--no-check-date`, or with `check-date=no` in the options of its source',
    });
  }
  if (release.date.getTime() <= now.getTime() + MAX_AHEAD) return;
  throw new MkbaseError(
    'signature/date-in-future',
    `${what} is dated ${isoTime(release.date)}, which is in the future`,
    { hint: `set the clock, which says ${isoTime(now)}, or go on with \`--no-check-date\`` },
  );
}

function checkValidUntil(release: Release, what: string, asOf: Date): void {
  if (release.validUntil === null || release.validUntil.getTime() >= asOf.getTime()) return;
  throw new MkbaseError(
    'signature/expired-valid-until',
    `${what} was valid until ${isoTime(release.validUntil)} only`,
    { hint: 'use a mirror that is up to date, or go on with `--no-check-valid-until`' },
  );
}

function checkAge(
  release: Release,
  what: string,
  { now, maxAge }: { readonly now: Date; readonly maxAge: number },
): void {
  const age = Math.floor((now.getTime() - release.date.getTime()) / 1000);
  if (age <= maxAge) return;
  throw new MkbaseError(
    'signature/too-old',
    `${what} of ${isoTime(release.date)} is ${daysOf(age)} old, more than the ${daysOf(maxAge)} of \`--max-age\``,
    { hint: 'use a mirror that is up to date, leave the pocket out with `--pockets`, or raise `--max-age`' },
  );
}

function daysOf(seconds: number): string {
  return seconds < SECONDS_A_DAY
    ? `${(seconds / 3600).toFixed(1)} h`
    : `${(seconds / SECONDS_A_DAY).toFixed(1)} days`;
}
