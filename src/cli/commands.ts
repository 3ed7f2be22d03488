import { CHECKS } from './options/checks.ts';
import { CONTENTS } from './options/contents.ts';
import { HOST } from './options/host.ts';
import { IMAGE } from './options/image.ts';
import { MAKING } from './options/making.ts';
import { ORIGIN } from './options/origin.ts';
import { OUTPUT } from './options/output.ts';
import { COPY, REGISTRY } from './options/registry.ts';
import { SCRATCH } from './options/scratch.ts';
import type { OptionName } from './options.ts';

export interface Command {
  readonly name: string;
  /** The text after `mkbase`. */
  readonly usage: string;
  readonly summary: string;
  /** Options that it takes, besides help. */
  readonly options: readonly OptionName[];
}

/** The command without a name: `mkbase SUITE TARGET [MIRROR]...`. */
export const BUILD: Command = {
  name: 'build',
  usage: 'SUITE TARGET [MIRROR]...',
  summary: 'make a base image of a distribution',
  options: [...CONTENTS, ...ORIGIN, ...CHECKS, ...MAKING, ...IMAGE, ...REGISTRY, ...OUTPUT].map(
    ({ name }) => name,
  ),
};

const COPYING: readonly OptionName[] = [
  ...(['arch', 'tag', 'iidfile', 'digest-file', 'image-refs', 'to', 'no-fsync'] as const),
  ...REGISTRY.map(({ name }) => name),
  ...(['json', 'verbose', 'quiet'] as const),
];

/** The commands that begin with their name. */
export const NAMED_COMMANDS: readonly Command[] = [
  {
    name: 'scratch',
    usage: 'scratch PATHS... TARGET',
    summary: 'make an image of nothing but programs',
    options: [
      ...(['arch', 'include', 'exclude', 'add', 'account', 'to', 'lock-out', 'sbom', 'no-fsync'] as const),
      ...[...ORIGIN, ...SCRATCH, ...CHECKS, ...IMAGE, ...REGISTRY].map(({ name }) => name),
      ...(['json', 'verbose', 'quiet'] as const),
    ],
  },
  {
    name: 'host',
    usage: 'host TARGET',
    summary: 'make a base of packages that are installed on this host',
    options: [
      ...[...CONTENTS, ...HOST, ...MAKING, ...IMAGE, ...REGISTRY, ...OUTPUT]
        .map(({ name }) => name)
        .filter((name) => name !== 'print-request'),
      ...(['recipe', 'like', 'lock', 'cache-dir'] as const),
    ],
  },
  {
    name: 'run',
    usage: 'run REQUEST',
    summary: 'make what a request of --print-request describes',
    options: [
      ...(['certificate', 'private-key', 'ca-certificate', 'cache-dir', 'cache-size', 'offline'] as const),
      ...(['debug-now', 'mode', 'verify-rebuild', 'no-cache-results', 'jobs'] as const),
      ...(['iidfile', 'digest-file', 'image-refs'] as const),
      ...REGISTRY.map(({ name }) => name),
      ...(['no-fsync', 'json', 'verbose', 'quiet'] as const),
    ],
  },
  {
    name: 'doctor',
    usage: 'doctor BINARY|IMAGE',
    summary: 'check whether a program or an image would start, and why not',
    options: [...REGISTRY.map(({ name }) => name), 'json', 'verbose', 'quiet'],
  },
  {
    name: 'sbom',
    usage: 'sbom IMAGE|LOCK',
    summary: 'print the bill of materials of an image or a lock',
    options: [
      ...(['format', 'arch', 'output', 'cache-dir', 'json', 'verbose', 'quiet'] as const),
      ...REGISTRY.map(({ name }) => name),
    ],
  },
  {
    name: 'inspect',
    usage: 'inspect IMAGE',
    summary: 'show the contents of an image',
    options: [...REGISTRY.map(({ name }) => name), 'json', 'verbose'],
  },
  {
    name: 'list',
    usage: 'list',
    summary: 'print the suites that can be made',
    options: ['json'],
  },
  {
    name: 'recipe',
    usage: 'recipe show|check|from NAME',
    summary: 'print a recipe to copy; check one; make one from sources',
    options: [
      ...(['recipe', 'like', 'source', 'mirror', 'keyring', 'certificate', 'private-key'] as const),
      ...(['ca-certificate', 'cache-dir', 'offline', 'arch', 'max-age', 'debug-now'] as const),
      ...([
        'no-check-sig',
        'allow-trusted',
        'no-check-valid-until',
        'no-check-date',
        'no-check-suite',
      ] as const),
      ...(['no-check-rollback', 'json', 'verbose', 'quiet'] as const),
    ],
  },
  {
    name: 'lock',
    usage: 'lock SUITE|--check FILE',
    summary: 'pin the packages of a build; check whether a lock is current',
    options: [
      ...[...CONTENTS, ...ORIGIN, ...CHECKS, ...IMAGE].map(({ name }) => name),
      ...(['scripts', 'debconf-selections', 'output', 'check', 'json', 'verbose', 'quiet'] as const),
    ],
  },
  {
    name: 'diff',
    usage: 'diff A B',
    summary: 'show differences between locks, root filesystems or images',
    options: ['arch', ...REGISTRY.map(({ name }) => name), 'markdown', 'output', 'json', 'verbose'],
  },
  {
    name: 'import',
    usage: 'import ROOTFS TARGET...',
    summary: 'make an image of any root filesystem',
    options: [
      ...(['arch', 'exclude-path', 'include-path', 'exclude-from', 'slim', 'keep-secrets'] as const),
      ...[...IMAGE, ...REGISTRY].map(({ name }) => name),
      ...(['to', 'no-fsync', 'json', 'verbose', 'quiet'] as const),
    ],
  },
  {
    name: 'push',
    usage: 'push IMAGE docker://NAME...',
    summary: 'push an existing image',
    options: COPYING,
  },
  {
    name: 'copy',
    usage: 'copy IMAGE TARGET...',
    summary: 'copy an image between any two places',
    options: [...COPYING, ...COPY.map(({ name }) => name)],
  },
  {
    name: 'refresh',
    usage: 'refresh FILE|init [NAME...]',
    summary: 'rebuild and push the outdated images of a list',
    options: [
      ...[...ORIGIN, ...CHECKS, ...REGISTRY]
        .map(({ name }) => name)
        .filter((name) => !['lock', 'recipe', 'like'].includes(name)),
      ...([
        'allow-recipes',
        'mode',
        'no-cache-results',
        'jobs',
        'check',
        'simulate',
        'detailed-exitcode',
        'shard',
        'timeout',
        'watch',
      ] as const),
      ...(['test', 'key', 'report', 'metrics', 'webhook', 'exec-on-change'] as const),
      ...(['json', 'verbose', 'quiet'] as const),
    ],
  },
  {
    name: 'prune',
    usage: 'prune FILE [NAME...]',
    summary: 'remove old dated tags of a list of images',
    options: [
      ...REGISTRY.map(({ name }) => name),
      ...(['yes', 'debug-now', 'json', 'verbose', 'quiet'] as const),
    ],
  },
  {
    name: 'debootstrap',
    usage: 'debootstrap SUITE TARGET',
    summary: 'make a base with the command line of debootstrap',
    options: [],
  },
  {
    name: 'cache',
    usage: 'cache [prune]',
    summary: 'show the contents of the cache; remove the least recently used',
    options: ['cache-dir', 'cache-size', 'json'],
  },
  {
    name: 'rm',
    usage: 'rm DIR...',
    summary: "remove a base whose files belong to other users' ids",
    options: ['json', 'verbose', 'quiet'],
  },
  {
    name: 'completion',
    usage: 'completion bash|zsh',
    summary: 'print the completion of a shell',
    options: [],
  },
];

export const COMMANDS: readonly Command[] = [BUILD, ...NAMED_COMMANDS];

/** The command that the words of a command line ask for. */
export function commandOf(words: readonly string[]): Command {
  return NAMED_COMMANDS.find(({ name }) => name === words[0]) ?? BUILD;
}
