/** Paths of archives resolved in a Tree, before a byte is written. */
import { MkbaseError, quoted } from '../errors.ts';
import type { Place } from './tree.ts';

/** What is at which path, in a Tree or on a disk. */
export interface Places {
  get(path: string): Place | undefined;
}

/** Linux gives up after as many links, path_resolution(7). */
const MAX_LINKS = 40;

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

/** The directory that a path of a Tree is in; of what is at the top, the root: `''`. */
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
    : resolve(tree, path, { followLast: false });
}

/** The same, and where `path` is a link itself, what it leads to. */
export function followInTree(tree: Places, path: string): string {
  return resolve(tree, path, { followLast: true });
}

function resolve(tree: Places, path: string, { followLast }: { readonly followLast: boolean }): string {
  const left = path.split('/');
  const done: string[] = [];
  let links = 0;
  while (left.length > 0) {
    const part = left.shift() as string;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    done.push(part);
    const here = done.join('/');
    const entry = tree.get(here);
    if (
      left.length > 0 &&
      !followLast &&
      entry !== undefined &&
      entry.type !== 'dir' &&
      entry.type !== 'symlink'
    )
      throw belowFile(path, here);
    if (entry?.type !== 'symlink' || (left.length === 0 && !followLast)) continue;
    if (++links > MAX_LINKS) {
      throw new MkbaseError('package/link-loop', `the path \`${path}\` goes through a loop of links`, {
        hint: 'the package is broken or hostile; do not use it',
      });
    }
    done.pop();
    if (entry.target.startsWith('/')) done.length = 0;
    left.unshift(...entry.target.split('/'));
  }
  return done.join('/');
}

function belowFile(path: string, file: string): MkbaseError {
  return new MkbaseError(
    'package/below-a-file',
    `${quoted(path)} lies below ${quoted(file)}, which is no directory`,
    {
      hint: 'the package is broken or hostile, or fits no other that has the file',
    },
  );
}
