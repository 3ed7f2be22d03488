import { MkbaseError } from '../errors.ts';
import type { Family } from '../families/family.ts';
import type { Pin } from '../job.ts';
import { didYouMean } from '../nearest.ts';
import { parseDuration } from '../time.ts';
import type { Option } from './options/option.ts';
import { type Flags, OPTIONS, type OptionName } from './options.ts';

/** The value as the table spells it; `among` are those that the command takes, where it does not take all. */
export function allowed(name: OptionName, text: string, among?: readonly string[]): string;
export function allowed(name: OptionName, text: string | null, among?: readonly string[]): string | null;
export function allowed(name: OptionName, text: string | null, among?: readonly string[]): string | null {
  if (text === null) return null;
  const option = OPTIONS.find((known) => known.name === name) as Option;
  const value = option.synonyms?.[text] ?? text;
  const values = among ?? option.allowed ?? [];
  if (values.includes(value)) return value;
  const near = didYouMean(text, [...values, ...Object.keys(option.synonyms ?? {})]);
  const list = `\`--${name}\` takes ${values.join(', ')}`;
  throw badValue(name, text, near === undefined ? list : `${near}? ${list}`);
}

/** The architecture, or null for none; `rule` says why there cannot be several. */
export function oneArch({ arch: names }: Pick<Flags, 'arch'>, rule: string): string | null {
  const [arch = null, ...more] = names;
  if (more.length === 0) return allowed('arch', arch);
  throw new MkbaseError('usage/conflict', rule, { hint: 'name one with `--arch`, or none' });
}

/**
 * An architecture that a suite may have, by dpkg's rule for names and with the underscore of apk's: which it has, its
 * recipe says, or its Release.
 */
export function archName(text: string): string {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(text)) return text;
  throw badValue('arch', text, 'name one as its distribution does: `--arch=amd64`, `--arch=x86_64`');
}

/** A package's file and not its name, as with apt-get(8) and mmdebstrap(1). */
export function isPath(entry: string): boolean {
  return /^\.{0,2}\//.test(entry) || (entry.includes('/') && /\.(deb|apk)$/.test(entry));
}

/** A package to take or to leave out, as its family names packages. */
export function packageEntry(option: 'include' | 'exclude', entry: string, { nameFault }: Family): string {
  const fault = nameFault(option, entry);
  if (fault !== null) throw badValue(option, entry, fault);
  return entry;
}

/** `SUITE=PRIORITY`, apt_preferences(5). */
export function pin(text: string): Pin {
  const [, suite, priority] = /^([A-Za-z0-9][A-Za-z0-9._+-]*)=(-?\d{1,5})$/.exec(text) ?? [];
  if (suite === undefined) throw badValue('pin', text, 'write a suite and its priority: `sid=100`');
  return { suite, priority: Number(priority) };
}

export function componentName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(text)) return text;
  throw badValue('components', text, 'name components between commas: `--components=main,contrib`');
}

/** Seconds of `90m`, `36h`, `7d`, `4w`. */
export function duration(option: OptionName, text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null) throw badValue(option, text, 'write a number and a unit (s, m, h, d, w), as in `7d`');
  return seconds;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Bytes of `512K`, `50M`, `1G`. */
export function bytes(option: OptionName, text: string): number {
  const match = /^([1-9][0-9]{0,8})([KMG]?)$/.exec(text.toUpperCase());
  if (match === null) throw badValue(option, text, 'write a number and a unit (K, M, G), as in `50M`');
  return Number(match[1]) * UNITS[match[2]!]!;
}

/** ISO 8601 with a zone, or a day, which starts at midnight UTC: never this machine's zone. */
export function time(option: OptionName, text: string): Date {
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;
  const date = new Date(text);
  if (!iso.test(text) || Number.isNaN(date.getTime())) {
    throw badValue(option, text, 'write a time as in `2025-01-31T12:00:00Z`, or a day as in `2025-01-31`');
  }
  return date;
}

/** A time of the past, also as the snapshot services write it: `20240131T120000Z`. */
export function moment(option: OptionName, text: string, now: Date): Date {
  const plain = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const date = time(option, plain);
  if (date.getTime() <= now.getTime()) return date;
  throw badValue(option, text, 'name a time of the past');
}

export function count(option: OptionName, text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text);
  throw badValue(option, text, 'write a number from 1 to 999');
}

/** A pattern that cannot begin like an absolute path never matches in dpkg: it must be a mistake. */
export function pathRule(rule: string): string {
  const [key, pattern] = [rule.slice(0, rule.indexOf('=')), rule.slice(rule.indexOf('=') + 1)];
  if (/^(?:[/*?[]|\\\/)/.test(pattern) && !pattern.includes('\n')) return rule;
  const option = key === 'path-exclude' ? 'exclude-path' : 'include-path';
  throw badValue(option, pattern, 'write a pattern that begins with `/` or `*`, as in `/usr/share/doc/*`');
}

function badValue(option: string, text: string, hint: string): MkbaseError {
  return new MkbaseError('usage/bad-value', `invalid value \`${text}\` for \`--${option}\``, { hint });
}
