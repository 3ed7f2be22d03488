import { POCKETS, VARIANTS } from '../recipe.ts';

/**
 * How a value is written. `flag`: none. `value`: one, the last given counts. `files`: may be repeated,
 * one a time. `words`: may be repeated, each with several words between commas or spaces.
 */
export type OptionKind = 'flag' | 'value' | 'files' | 'words';

export const GROUPS = ['What goes in', 'Where it comes from', 'Checks', 'How it is made', 'Output'] as const;

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** Other long names with the same meaning. */
  readonly also?: readonly string[];
  readonly group: (typeof GROUPS)[number];
  /** One line without a final period. */
  readonly summary: string;
  readonly kind: OptionKind;
  /** What stands for the value in help; FILE and DIR are completed as paths. */
  readonly value?: string;
  /** All values that are taken; without it the value has a form of its own. */
  readonly allowed?: readonly string[];
  /** Further spellings of allowed values. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** As help shows it, where it is not simply off or empty. */
  readonly default?: string;
}

/** All that a recipe names; a test holds them together. */
const ARCHES = [
  'amd64',
  'arm64',
  'armel',
  'armhf',
  'i386',
  'loong64',
  'mips64el',
  'mipsel',
  'powerpc',
  'ppc64el',
  'riscv64',
  's390x',
] as const;

/** Every option of `mkbase SUITE TARGET [MIRROR]`; parsing, help, completion and the manual follow it. */
export const OPTIONS = [
  {
    name: 'arch',
    group: 'What goes in',
    kind: 'value',
    value: 'ARCH',
    allowed: ARCHES,
    synonyms: { x86_64: 'amd64', aarch64: 'arm64' },
    summary: "architecture, by Debian's name",
    default: "this machine's",
  },
  {
    name: 'variant',
    group: 'What goes in',
    kind: 'value',
    value: 'NAME',
    allowed: VARIANTS,
    synonyms: { '-': 'important', required: 'minbase' },
    summary: 'what to start from; custom: only what --include names',
    default: 'minbase',
  },
  {
    name: 'include',
    group: 'What goes in',
    kind: 'words',
    value: 'PACKAGES',
    summary: 'packages to add, with what they depend on',
  },
  {
    name: 'exclude',
    group: 'What goes in',
    kind: 'words',
    value: 'PACKAGES',
    summary: 'packages that must not come in',
  },
  {
    name: 'recommends',
    group: 'What goes in',
    kind: 'flag',
    summary: 'install what packages recommend, too',
  },
  {
    name: 'solver',
    group: 'What goes in',
    kind: 'value',
    value: 'NAME',
    allowed: ['apt', '3'],
    summary: "whose choices to make: apt's, or those of apt 3's new solver",
    default: 'apt',
  },
  {
    name: 'no-preferences',
    group: 'What goes in',
    kind: 'flag',
    summary: "choose as apt does, not by the recipe's preferences",
  },
  {
    name: 'exclude-path',
    group: 'What goes in',
    kind: 'files',
    value: 'GLOB',
    summary: "leave out files, as dpkg's path-exclude; the last match wins",
  },
  {
    name: 'include-path',
    group: 'What goes in',
    kind: 'files',
    value: 'GLOB',
    summary: "take files back in, as dpkg's path-include",
  },
  {
    name: 'components',
    group: 'Where it comes from',
    kind: 'words',
    value: 'NAMES',
    summary: 'components of the archive',
    default: 'main',
  },
  {
    name: 'pockets',
    group: 'Where it comes from',
    kind: 'words',
    value: 'NAMES',
    allowed: POCKETS,
    summary: 'parts of the suite to take packages from',
    default: 'all',
  },
  {
    name: 'mirror',
    group: 'Where it comes from',
    kind: 'value',
    value: 'URL',
    summary: 'the mirror to use for every pocket, as MIRROR',
  },
  {
    name: 'cache-dir',
    group: 'Where it comes from',
    kind: 'value',
    value: 'DIR',
    summary: 'where fetched files are kept and shared between runs',
    default: '$XDG_CACHE_HOME/mkbase',
  },
  {
    name: 'offline',
    group: 'Where it comes from',
    kind: 'flag',
    summary: 'use only what the cache holds',
  },
  {
    name: 'lock',
    group: 'Where it comes from',
    kind: 'value',
    value: 'FILE',
    summary: 'build exactly the packages of this lock',
  },
  {
    name: 'keyring',
    group: 'Checks',
    kind: 'files',
    value: 'FILE',
    summary: "OpenPGP keys to trust instead of the recipe's; may be repeated",
  },
  {
    name: 'max-age',
    group: 'Checks',
    kind: 'value',
    value: 'TIME',
    summary: 'refuse an index older than this: 36h, 7d, 4w',
  },
  {
    name: 'no-check-sig',
    also: ['no-check-gpg'],
    group: 'Checks',
    kind: 'flag',
    summary: 'take an index whose signature is missing or wrong',
  },
  {
    name: 'no-check-valid-until',
    group: 'Checks',
    kind: 'flag',
    summary: 'take an index that has expired',
  },
  {
    name: 'no-check-date',
    group: 'Checks',
    kind: 'flag',
    summary: 'take an index dated in the future',
  },
  {
    name: 'no-check-suite',
    group: 'Checks',
    kind: 'flag',
    summary: 'take an index that names another suite',
  },
  {
    name: 'no-check-rollback',
    group: 'Checks',
    kind: 'flag',
    summary: 'take an index older than one seen before',
  },
  {
    name: 'debug-now',
    group: 'Checks',
    kind: 'value',
    value: 'TIME',
    summary: 'judge by this time: 2025-01-31T12:00:00Z',
    default: 'the clock',
  },
  {
    name: 'mode',
    group: 'How it is made',
    kind: 'value',
    value: 'NAME',
    allowed: ['auto', 'root', 'unshare', 'none'],
    summary: 'how owners and isolation are made; none runs no scripts',
    default: 'auto',
  },
  {
    name: 'scripts',
    group: 'How it is made',
    kind: 'value',
    value: 'WHAT',
    allowed: ['run', 'skip'],
    summary: "whether to run the packages' scripts, in a sandbox",
    default: 'run',
  },
  {
    name: 'debconf-selections',
    group: 'How it is made',
    kind: 'value',
    value: 'FILE',
    summary: 'answers for debconf, as debconf-set-selections(1) reads them',
  },
  {
    name: 'jobs',
    short: 'j',
    group: 'How it is made',
    kind: 'value',
    value: 'N',
    summary: 'unpacking workers',
    default: 'one a processor',
  },
  {
    name: 'simulate',
    short: 's',
    also: ['dry-run'],
    group: 'Output',
    kind: 'flag',
    summary: 'print the plan and make nothing',
  },
  {
    name: 'print-debs',
    group: 'Output',
    kind: 'flag',
    summary: 'print the names of the packages and make nothing',
  },
  {
    name: 'lock-out',
    group: 'Output',
    kind: 'value',
    value: 'FILE',
    summary: 'where to write the lock',
    default: 'TARGET.lock.json',
  },
  {
    name: 'json',
    group: 'Output',
    kind: 'flag',
    summary: 'events, plans, lists and errors as lines of JSON',
  },
  {
    name: 'verbose',
    short: 'v',
    group: 'Output',
    kind: 'flag',
    summary: 'show what scripts say, and the causes of an error',
  },
  {
    name: 'quiet',
    short: 'q',
    group: 'Output',
    kind: 'flag',
    summary: 'print nothing but errors',
  },
  {
    name: 'help',
    short: 'h',
    group: 'Output',
    kind: 'flag',
    summary: 'print this help',
  },
  {
    name: 'version',
    group: 'Output',
    kind: 'flag',
    summary: 'print the version',
  },
] as const satisfies readonly Option[];

export type OptionName = (typeof OPTIONS)[number]['name'];

interface ValueOf {
  flag: boolean;
  value: string | null;
  files: readonly string[];
  words: readonly string[];
}

/** The options as given: a flag that is absent is false, a value null, a list empty. */
export type Flags = { readonly [O in (typeof OPTIONS)[number] as O['name']]: ValueOf[O['kind']] };

export interface Command {
  readonly name: string;
  /** What follows `mkbase`. */
  readonly usage: string;
  readonly summary: string;
  /** Options that it takes besides help; null means all. */
  readonly options: readonly OptionName[] | null;
}

/** The command without a name comes first. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'build',
    usage: 'SUITE TARGET [MIRROR]',
    summary: 'make a base image of a distribution',
    options: null,
  },
  {
    name: 'list',
    usage: 'list',
    summary: 'print the suites that can be made',
    options: ['json'],
  },
  {
    name: 'rm',
    usage: 'rm DIR...',
    summary: "remove a base that holds files of other users' ids",
    options: ['json', 'verbose', 'quiet'],
  },
  {
    name: 'completion',
    usage: 'completion bash|zsh',
    summary: 'print the completion of a shell',
    options: [],
  },
];
