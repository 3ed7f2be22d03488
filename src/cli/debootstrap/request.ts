import { resolve } from 'node:path';
import { MkbaseError } from '../../errors.ts';
import {
  DEBOOTSTRAP_OPTIONS,
  type DebootstrapOption,
  type DebootstrapOptionName,
  REFUSED_OPTIONS,
} from './options.ts';

/** The end of the work: each has fewer steps than the one before. */
export type Task = 'install' | 'foreign' | 'download-only' | 'make-tarball' | 'print-debs';

/** A command line of debootstrap, checked as far as it goes by itself. */
export interface DebootstrapRequest {
  readonly task: Task;
  readonly suite: string;
  /** Absolute. */
  readonly target: string;
  readonly mirror: string | null;
  /** The suite script: its base name is that of a suite like this one. */
  readonly script: string | null;
  readonly arch: string | null;
  /** `-` where none is named. */
  readonly variant: Variant;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly components: readonly string[];
  readonly extraSuites: readonly string[];
  /** Null leaves it to the suite. */
  readonly mergedUsr: boolean | null;
  readonly keyring: string | null;
  readonly checksSignature: boolean;
  /** Values of the options for https, by their names. */
  readonly tls: readonly string[];
  readonly cacheDir: string | null;
  /** The file of `--make-tarball`. */
  readonly tarball: string | null;
  /** The file of `--unpack-tarball`. */
  readonly from: string | null;
  readonly keepsDirectory: boolean;
  readonly logsExtraDeps: boolean;
  readonly resolvesDeps: boolean;
  readonly verbose: boolean;
}

export type Variant = '-' | 'minbase' | 'buildd';

/** The options that name the task, of which there may be one. */
const TASKS = ['foreign', 'second-stage', 'print-debs', 'download-only', 'make-tarball'] as const;

/**
 * Reads what follows the program's name. As in debootstrap, options end where the first other argument is. A value
 * may follow an equals sign or be the next argument. Lists of several `--include` are joined.
 *
 * @throws MkbaseError with the words of debootstrap where it has the same error
 */
export function parseDebootstrap(argv: readonly string[], cwd: string): DebootstrapRequest {
  const { given, operands } = readOptions(argv);
  const has = (name: DebootstrapOptionName) => given.has(name);
  const last = (name: DebootstrapOptionName) => given.get(name)?.at(-1) ?? null;
  const words = (name: DebootstrapOptionName) => wordsOf(given.get(name) ?? []);
  const task = taskOf(given);
  const checks = [
    has('no-check-gpg') || has('no-check-sig'),
    has('force-check-gpg') || has('force-check-sig'),
  ];
  if (checks.every(Boolean)) throw conflict('--no-check-gpg', '--force-check-gpg');
  if (has('merged-usr') && has('no-merged-usr')) throw conflict('--merged-usr', '--no-merged-usr');
  const extractor = last('extractor') ?? 'ar';
  if (!['ar', 'dpkg-deb'].includes(extractor)) {
    throw new MkbaseError('usage/bad-value', `${extractor}: unknown extractor`, { hint: 'leave it out' });
  }
  const absolute = (name: 'cache-dir' | 'unpack-tarball', what: string) => {
    const path = last(name);
    if (path === null || path.startsWith('/')) return path;
    throw new MkbaseError('usage/bad-value', `${what} must be given an absolute path`, {
      hint: `write \`--${name}=${resolve(cwd, path)}\``,
    });
  };
  const [suite, target, mirror, script] = operands;
  if (!suite || !target) {
    throw new MkbaseError('usage/missing-operand', 'You must specify a suite and a target.', {
      hint: 'the form is `debootstrap [OPTION]... SUITE TARGET [MIRROR [SCRIPT]]`',
    });
  }
  return {
    task,
    suite,
    target: resolve(cwd, target),
    mirror: mirror ? mirror.replace(/\/$/, '') : null,
    script: script ? script : null,
    arch: last('arch'),
    variant: variantOf(last('variant')),
    include: words('include'),
    exclude: words('exclude'),
    components: words('components'),
    extraSuites: words('extra-suites'),
    mergedUsr: has('merged-usr') ? true : has('no-merged-usr') ? false : null,
    keyring: last('keyring'),
    checksSignature: !checks[0],
    tls: (['certificate', 'private-key', 'ca-certificate'] as const).flatMap((name) => {
      const file = last(name);
      return file === null ? [] : [`--${name}=${resolve(cwd, file)}`];
    }),
    cacheDir: absolute('cache-dir', 'Cache directory'),
    tarball: task === 'make-tarball' ? resolve(cwd, last('make-tarball')!) : null,
    from: absolute('unpack-tarball', 'Tarball'),
    keepsDirectory: has('keep-debootstrap-dir'),
    logsExtraDeps: has('log-extra-deps'),
    resolvesDeps: !has('no-resolve-deps'),
    verbose: has('verbose'),
  };
}

/** Whether an option stands where options are read. */
export function asks(argv: readonly string[], option: '--help' | '--version' | '--print-debs'): boolean {
  return argv.slice(0, optionsEnd(argv)).includes(option);
}

type Given = ReadonlyMap<DebootstrapOptionName, readonly string[]>;

function readOptions(argv: readonly string[]): {
  readonly given: Given;
  readonly operands: readonly string[];
} {
  const given = new Map<DebootstrapOptionName, string[]>();
  let at = 0;
  for (; argv[at]?.startsWith('-'); at++) {
    const argument = argv[at]!;
    const [, name = '', joined] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    const option = DEBOOTSTRAP_OPTIONS.find((one) => one.name === name);
    if (option === undefined || (joined !== undefined && !takesValue(option))) throw unknown(argument, name);
    const value = !takesValue(option) ? '' : (joined ?? argv[++at] ?? '');
    if (value === '' && takesValue(option)) {
      throw new MkbaseError('usage/missing-value', `option requires an argument: --${name}`, {
        hint: `write \`--${name}=VALUE\` or \`--${name} VALUE\``,
      });
    }
    given.set(option.name, [...(given.get(option.name) ?? []), value]);
  }
  return { given, operands: argv.slice(at) };
}

/** The number of arguments before the operands. */
function optionsEnd(argv: readonly string[]): number {
  const end = argv.findIndex((argument, at) => {
    const before = DEBOOTSTRAP_OPTIONS.find(({ name }) => argv[at - 1] === `--${name}`);
    return !argument.startsWith('-') && !(before !== undefined && takesValue(before));
  });
  return end === -1 ? argv.length : end;
}

function takesValue(option: DebootstrapOption): boolean {
  return option.value !== undefined;
}

function unknown(argument: string, name: string): MkbaseError {
  return new MkbaseError('usage/unknown-option', `unrecognized or invalid option ${argument}`, {
    hint: REFUSED_OPTIONS[name] ?? 'see `debootstrap --help` for all options',
  });
}

function taskOf(given: Given): Task {
  const named = TASKS.filter((name) => given.has(name));
  const [first, second] = named;
  if (second !== undefined) throw conflict(`--${first}`, `--${second}`);
  if (given.has('unpack-tarball') && first !== undefined && first !== 'foreign') {
    throw conflict('--unpack-tarball', `--${first}`);
  }
  if (first === 'second-stage') {
    throw new MkbaseError('usage/bad-value', 'the second stage is in TARGET, and needs no mkbase', {
      hint: 'run `chroot TARGET /debootstrap/debootstrap --second-stage`',
    });
  }
  return first ?? 'install';
}

function conflict(one: string, other: string): MkbaseError {
  return new MkbaseError(
    'usage/conflict',
    `${one} is specified with ${other}, please use only one of those options.`,
    { hint: 'leave one of them out' },
  );
}

function variantOf(name: string | null): Variant {
  if (name === null) return '-';
  if (name === '-' || name === 'minbase' || name === 'buildd') return name;
  throw new MkbaseError('usage/bad-value', 'unsupported variant', {
    hint:
      name === 'fakechroot'
        ? '`mkbase SUITE TARGET` needs neither fakechroot nor root'
        : `\`${name}\` is none of minbase, buildd and -`,
  });
}

function wordsOf(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => text.split(/[\s,|]+/)).filter((word) => word !== ''))];
}
