import { MkbaseError, quoted } from './errors.ts';

export const SECONDS_A_DAY = 86_400;

const UNITS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: SECONDS_A_DAY,
  w: 7 * SECONDS_A_DAY,
};

/** Seconds of `90m`, `36h`, `7d`, `4w`; null for any other text. */
export function parseDuration(text: string): number | null {
  const [, count, unit] = /^([1-9][0-9]{0,8})([smhdw])$/.exec(text) ?? [];
  return count === undefined ? null : Number(count) * UNITS[unit!]!;
}

/** The years that RFC 3339 can write, 0000 to 9999, in seconds since 1970. */
const EARLIEST = -62_167_219_200;
const LATEST = 253_402_300_799;

/**
 * A moment, or seconds since 1970, as RFC 3339 writes it, in UTC and without fractions:
 * `2024-05-01T12:00:00Z`. Times of files and archives may lie outside of its years: they become the first
 * or the last moment that it has.
 */
export function isoTime(time: Date | number): string {
  const seconds = typeof time === 'number' ? time : time.getTime() / 1000;
  const moment = new Date(Math.min(Math.max(Math.floor(seconds), EARLIEST), LATEST) * 1000);
  return moment.toISOString().replace(/\.\d+/, '');
}

/** `2024-05-01`, in UTC. */
export function isoDay(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/**
 * The latest time of any file in the result, seconds since 1970, where the environment sets it;
 * reproducible-builds.org/specs/source-date-epoch.
 *
 * @throws MkbaseError `usage/bad-epoch`: it is not a time
 */
export function sourceDateEpoch({
  SOURCE_DATE_EPOCH: text = '',
}: {
  readonly [name: string]: string | undefined;
}): number | null {
  if (text === '') return null;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new MkbaseError('usage/bad-epoch', `SOURCE_DATE_EPOCH is ${quoted(text)}, which is not a time`, {
    hint: 'set it to whole seconds since 1970, as `git log -1 --format=%ct` prints them, or unset it',
  });
}
