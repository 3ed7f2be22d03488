import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Check } from '../lock.ts';
import { didYouMean } from '../nearest.ts';
import type { PocketName, Variant } from '../recipe.ts';
import type { Arguments } from './arguments.ts';
import { type Flags, OPTIONS, type Option, type OptionName } from './options.ts';

export interface RequestSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: Date;
  readonly processors: number;
}

/** The checks by the option that turns each off. */
const CHECKS = {
  'no-check-sig': 'signature',
  'no-check-valid-until': 'valid-until',
  'no-check-date': 'date',
  'no-check-suite': 'suite',
  'no-check-rollback': 'rollback',
} as const satisfies Partial<Record<OptionName, Check>>;

/** Options that choose packages or files: a lock has chosen them already. */
const CHOOSING = [
  'variant',
  'include',
  'exclude',
  'recommends',
  'solver',
  'no-preferences',
  'exclude-path',
  'include-path',
  'components',
  'pockets',
] as const satisfies readonly OptionName[];

/** Options that were given beside `--lock` and have no effect there. */
export function ignoredBesideLock(flags: Flags): OptionName[] {
  if (flags.lock === null) return [];
  return CHOOSING.filter((name) => [flags[name]].flat().some((value) => value !== false && value !== null));
}

/** What the command line asks for, checked: from here on nothing is text that may mean nothing. */
export async function jobFrom(
  { operands, flags, pathRules }: Pick<Arguments, 'operands' | 'flags' | 'pathRules'>,
  { env, cwd, now, processors }: RequestSurroundings,
): Promise<Job> {
  checkConflicts(flags);
  const mode = (allowed('mode', flags.mode) ?? 'auto') as Job['mode'];
  const scripts = (allowed('scripts', flags.scripts) ?? 'run') as Job['scripts'];
  return {
    suite: operands[0]!,
    arch: allowed('arch', flags.arch),
    variant: variantOf(flags),
    include: flags.include.map((name) => packageName('include', name)),
    exclude: flags.exclude.map((name) => packageName('exclude', name)),
    components: flags.components.map(componentName),
    pockets: flags.pockets.map((name) => allowed('pockets', name) as PocketName),
    mirror: mirrorOf(operands[2], flags.mirror),
    keyrings: await Promise.all(flags.keyring.map((file) => readable('keyring', resolve(cwd, file)))),
    checksOff: Object.entries(CHECKS).flatMap(([name, check]) => (flags[name as OptionName] ? [check] : [])),
    maxAge: flags['max-age'] === null ? null : duration('max-age', flags['max-age']),
    now: flags['debug-now'] === null ? now : time('debug-now', flags['debug-now']),
    recommends: flags.recommends,
    solver: (allowed('solver', flags.solver) ?? 'apt') as Job['solver'],
    preferences: !flags['no-preferences'],
    cacheDir: flags['cache-dir'] === null ? defaultCache(env) : resolve(cwd, flags['cache-dir']),
    offline: flags.offline,
    mode,
    scripts: mode === 'none' ? 'skip' : scripts,
    debconfSelections: await selections(flags['debconf-selections'], cwd),
    pathRules: pathRules.map(pathRule),
    lockFile: flags.lock === null ? null : await readable('lock', resolve(cwd, flags.lock)),
    lockOut: flags['lock-out'] === null ? null : resolve(cwd, flags['lock-out']),
    jobs: flags.jobs === null ? processors : count('jobs', flags.jobs),
  };
}

function checkConflicts(flags: Flags): void {
  const pairs: readonly (readonly [boolean, string, string, string])[] = [
    [flags.verbose && flags.quiet, '--verbose', '--quiet', 'give one of them'],
    [flags.simulate && flags['print-debs'], '--simulate', '--print-debs', 'give one of them'],
    [
      flags.mode === 'none' && flags.scripts === 'run',
      '--mode=none',
      '--scripts=run',
      'scripts need a sandbox: use `--mode=unshare`',
    ],
  ];
  for (const [both, one, other, hint] of pairs) {
    if (both)
      throw new MkbaseError('usage/conflict', `\`${one}\` and \`${other}\` exclude each other`, { hint });
  }
}

/** The value as the table spells it. */
function allowed(name: OptionName, text: string): string;
function allowed(name: OptionName, text: string | null): string | null;
function allowed(name: OptionName, text: string | null): string | null {
  if (text === null) return null;
  const option = OPTIONS.find((known) => known.name === name) as Option;
  const value = option.synonyms?.[text] ?? text;
  const values = option.allowed ?? [];
  if (values.includes(value)) return value;
  const near = didYouMean(text, [...values, ...Object.keys(option.synonyms ?? {})]);
  const list = `\`--${name}\` takes ${values.join(', ')}`;
  throw badValue(name, text, near === undefined ? list : `${near}? ${list}`);
}

function badValue(option: string, text: string, hint: string): MkbaseError {
  return new MkbaseError('usage/bad-value', `\`${text}\` is no value for \`--${option}\``, { hint });
}

function variantOf(flags: Flags): Variant {
  const variant = (allowed('variant', flags.variant) ?? 'minbase') as Variant;
  if (variant === 'custom' && flags.include.length === 0 && flags.lock === null) {
    throw new MkbaseError('usage/missing-value', 'variant `custom` without `--include` is empty', {
      hint: 'name its packages with `--include`',
    });
  }
  return variant;
}

/** deb-control(5), Package: at least two characters. */
function packageName(option: OptionName, text: string): string {
  if (/^[a-z0-9][a-z0-9+.-]+$/.test(text)) return text;
  throw badValue(option, text, 'name packages as the archive does, between commas: `--include=apt,man-db`');
}

function componentName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(text)) return text;
  throw badValue('components', text, 'name components between commas: `--components=main,contrib`');
}

function mirrorOf(operand: string | undefined, option: string | null): string | null {
  const text = option ?? operand;
  if (text === undefined) return null;
  if (operand !== undefined && option !== null && operand !== option) {
    throw new MkbaseError('usage/conflict', `MIRROR \`${operand}\` and \`--mirror=${option}\` differ`, {
      hint: 'name the mirror once',
    });
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new MkbaseError('usage/bad-value', `\`${text}\` is no address of a mirror`, {
      hint: 'it starts with http:// or https://, as in `http://deb.debian.org/debian`',
    });
  }
  return text.replace(/\/+$/, '');
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** Seconds of `90m`, `36h`, `7d`, `4w`. */
function duration(option: OptionName, text: string): number {
  const match = /^([1-9][0-9]{0,8})([smhdw])$/.exec(text);
  if (match === null) throw badValue(option, text, 'write a number and a unit (s, m, h, d, w), as in `7d`');
  return Number(match[1]) * SECONDS[match[2]!]!;
}

/** ISO 8601 with a zone, or a day, which starts at midnight UTC: never this machine's zone. */
function time(option: OptionName, text: string): Date {
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;
  const date = new Date(text);
  if (!iso.test(text) || Number.isNaN(date.getTime())) {
    throw badValue(option, text, 'write a time as in `2025-01-31T12:00:00Z`, or a day as in `2025-01-31`');
  }
  return date;
}

function count(option: OptionName, text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text);
  throw badValue(option, text, 'write a number from 1 to 999');
}

/** A pattern that cannot begin like an absolute path never matches in dpkg, which is no one's wish. */
function pathRule(rule: string): string {
  const [key, pattern] = [rule.slice(0, rule.indexOf('=')), rule.slice(rule.indexOf('=') + 1)];
  if (/^[/*?[]/.test(pattern) && !pattern.includes('\n')) return rule;
  const option = key === 'path-exclude' ? 'exclude-path' : 'include-path';
  throw badValue(option, pattern, 'write a pattern that begins with `/` or `*`, as in `/usr/share/doc/*`');
}

/** XDG Base Directory Specification: a relative XDG_CACHE_HOME is ignored. */
function defaultCache(env: RequestSurroundings['env']): string {
  const xdg = env.XDG_CACHE_HOME ?? '';
  return join(isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.cache'), 'mkbase');
}

async function selections(file: string | null, cwd: string): Promise<string | null> {
  if (file === null) return null;
  return readFile(await readable('debconf-selections', resolve(cwd, file)), 'utf8');
}

async function readable(option: OptionName, path: string): Promise<string> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is not a file');
    return path;
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is none' : reasonOf(cause);
    throw new MkbaseError('usage/unreadable-file', `cannot read \`${path}\`: ${reason}`, {
      hint: `\`--${option}\` takes the name of a file`,
      cause,
    });
  }
}
