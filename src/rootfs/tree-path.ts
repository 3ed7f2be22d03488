/** Paths of archives resolved in a Tree, before a byte is written. */
import { MkbaseError, quoted } from '../errors.ts';
import type { Place } from './tree.ts';

/** The places of paths, in a Tree or on a disk. */
export interface Places {
  get(path: string): Place | undefined;
}

/**
 * The path of an archive's entry as a Tree names it: `./usr/bin/` becomes `usr/bin`, the root `''`.
 *
 * @throws MkbaseError `package/absolute-path`, `package/path-escape`, `package/newline-in-path`
 */
export function normalizeEntryPath(path: string): string {
  if (path.startsWith('/')) {
    throw new MkbaseError('package/absolute-path', `the archive names the absolute path \`${path}\``, {
      hint: 'the package is broken or hostile; do not use it',
    });
  }
  if (path.includes('\n')) {
    const shown = path.replaceAll('\n', '\\n');
    throw new MkbaseError('package/newline-in-path', `the archive has a newline in the path \`${shown}\``, {
      hint: 'dpkg refuses such a package too: its file lists could not hold the name',
    });
  }
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      throw new MkbaseError('package/path-escape', `the archive names the path \`${path}\``, {
        hint: 'the package is broken or hostile; do not use it',
      });
    }
    parts.push(part);
  }
  return parts.join('/');
}

/** A path in a directory; either may be the root itself: `''`. */
export function joined(directory: string, path: string): string {
  return directory === '' || path === '' ? directory + path : `${directory}/${path}`;
}

/** The directory of a path of a Tree; for an entry at the top, the root: `''`. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/**
 * Where `path` really is: links in its directories are followed inside the tree, where `..` stops at the root
 * and an absolute target begins at it.
 *
 * @throws MkbaseError `package/link-loop`, `package/below-a-file`
 */
export function resolveInTree(tree: Places, path: string): string {
  // Directories are in the tree by their resolved names: where the parent is one, the path is too.
  const parent = parentOf(path);
  return parent === '' || tree.get(parent)?.type === 'dir'
    ? path
    : walkPath('', path, stepsIn(tree, path), { followLast: false });
}

/** The same, and where `path` is a link itself, its target. */
export function followInTree(tree: Places, path: string): string {
  return walkPath('', path, stepsIn(tree), { followLast: true });
}

/** Where `placed` names the path to be placed, files on its way are refused. */
function stepsIn(tree: Places, placed: string | null = null): PathSteps<string> {
  return {
    child: (parent, name) => (parent === '' ? name : `${parent}/${name}`),
    linkOf(path) {
      const entry = tree.get(path);
      if (entry?.type === 'symlink') return entry.target;
      if (placed !== null && entry !== undefined && entry.type !== 'dir') throw belowFile(placed, path);
      return undefined;
    },
  };
}

/** The steps of a walk through a tree, whatever represents its places. */
export interface PathSteps<Node> {
  child(parent: Node, name: string): Node;
  /** The target of a link; undefined where it is none. */
  linkOf(node: Node): string | undefined;
}

/** Linux gives up after as many links, path_resolution(7). */
const MAX_LINKS = 40;
/** Names in a path and in all links on its way: 40 links of 4095 bytes would be 80 000, for each entry behind them. */
const MAX_PARTS = 4096;

/**
 * Where a path leads from the root, as in {@link resolveInTree}.
 *
 * @throws MkbaseError `package/link-loop`
 */
export function walkPath<Node>(
  root: Node,
  path: string,
  { child, linkOf }: PathSteps<Node>,
  { followLast }: { readonly followLast: boolean },
): Node {
  /** The rest of the way, its next part last. */
  const left = path.split('/').reverse();
  const done = [root];
  let [links, parts] = [0, left.length];
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (done.length > 1) done.pop();
      continue;
    }
    const node = child(done.at(-1)!, part);
    const target = left.length === 0 && !followLast ? undefined : linkOf(node);
    if (target === undefined) {
      done.push(node);
      continue;
    }
    if (target.startsWith('/')) done.length = 1;
    const further = target.split('/');
    parts += further.length;
    if (++links > MAX_LINKS) throw linkLoop(path, 'a loop of links');
    if (parts > MAX_PARTS) throw linkLoop(path, `links of more than ${MAX_PARTS} parts`);
    for (let at = further.length - 1; at >= 0; at--) left.push(further[at]!);
  }
  return done.at(-1)!;
}

function linkLoop(path: string, what: string): MkbaseError {
  return new MkbaseError('package/link-loop', `the path ${quoted(path)} goes through ${what}`, {
    hint: 'the package is broken or hostile; do not use it',
  });
}

function belowFile(path: string, file: string): MkbaseError {
  return new MkbaseError(
    'package/below-a-file',
    `${quoted(path)} lies below ${quoted(file)}, which is not a directory`,
    {
      hint: 'the package is broken or hostile, or fits no other that has the file',
    },
  );
}
