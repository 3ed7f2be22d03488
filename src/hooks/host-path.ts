/**
 * Paths of the host in calls of helpers. Files that a hook copies out of a base lie below the same directories, and
 * may be links: nothing is written or read through those. Links that stood there before are the
 * user's own, and are followed as by every other program.
 */
import { type BigIntStats, lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MkbaseError, quoted } from '../errors.ts';
import { HELPERS, type Hook, type HookCopy } from './hook.ts';

/** Identities of links, pipes and devices found on the way of a path: all but directories and files. */
export type Known = ReadonlySet<string>;

/** Those on the way of the paths that hooks name, before any of them has run. */
export function knownOnTheWay(hooks: readonly Hook[]): Known {
  const known = new Set<string>();
  const take = (stats: BigIntStats) => known.add(identity(stats)) !== undefined;
  const paths = hooks.flatMap(({ action }) => ('from' in action ? outside(action) : []));
  for (const path of paths) {
    try {
      walk(path, { follow: true, isTrusted: take });
    } catch {
      // The hook that names it will say why.
    }
  }
  return known;
}

function outside({ kind, from, to }: HookCopy): readonly string[] {
  return HELPERS[kind].way === 'in' ? from : [to];
}

/**
 * The target of an absolute path, without links in it; names below the last existing one stay as they are.
 *
 * @throws MkbaseError `script/link-of-the-base` for a link that is not among the known ones
 */
export function hostPath(path: string, known: Known, { follow }: { readonly follow: boolean }): string {
  return walk(path, { follow, isTrusted: (stats) => known.has(identity(stats)) || isOfProc(stats) });
}

/** The kernel makes what is there, with times of its own. */
function isOfProc({ dev }: BigIntStats): boolean {
  const proc = statSync('/proc', { bigint: true, throwIfNoEntry: false })?.dev;
  return dev === proc && proc !== statSync('/', { bigint: true }).dev;
}

interface Walk {
  /** Whether the last name is followed, too. */
  readonly follow: boolean;
  readonly isTrusted: (stats: BigIntStats) => boolean;
}

/** Linux gives up after as many links, path_resolution(7). */
const MAX_LINKS = 40;

function walk(path: string, { follow, isTrusted }: Walk): string {
  const left = path.split('/').filter(Boolean);
  let reached = '';
  let links = 0;
  while (left.length > 0) {
    const name = left.shift()!;
    if (name === '.') continue;
    if (name === '..') {
      reached = dirname(reached || '/').replace(/^\/$/, '');
      continue;
    }
    const here = `${reached}/${name}`;
    const stats = lstatSync(here, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return [here, ...left].join('/');
    const isLast = left.length === 0;
    if (stats.isDirectory() || stats.isFile() || (isLast && !follow)) {
      reached = here;
      continue;
    }
    if (!isTrusted(stats)) throw notKnown(here, stats);
    const target = stats.isSymbolicLink() ? readlinkSync(here) : null;
    // Open pipes and the like are links in proc(5) that only the kernel can follow.
    if (target === null || (isOfProc(stats) && /^\w+:/.test(target))) return [here, ...left].join('/');
    if (++links > MAX_LINKS) throw new Error(`\`${path}\` goes through a loop of links`);
    if (target.startsWith('/')) reached = '';
    left.unshift(...target.split('/').filter(Boolean));
  }
  return reached || '/';
}

/** A link is never changed: one that is made again is another, whatever inode it gets. Writing changes a pipe. */
function identity(stats: BigIntStats): string {
  const { dev, ino, ctimeNs } = stats;
  return `${dev}:${ino}:${stats.isSymbolicLink() ? ctimeNs : ''}`;
}

function notKnown(path: string, stats: BigIntStats): MkbaseError {
  const what = stats.isSymbolicLink() ? 'a link' : 'a special file';
  return new MkbaseError(
    'script/link-of-the-base',
    `${quoted(path)} is ${what} that was not there when the build began, and may have come out of the base`,
    { hint: 'name another path, or what it leads to' },
  );
}
