import { createHash } from 'node:crypto';
import { Root } from '../../src/rootfs/root.ts';
import { scanTree } from '../../src/rootfs/scan.ts';
import type { Entry } from '../../src/rootfs/tree.ts';

/**
 * A rootfs as text, path → `file 0644 0:0 sha256…`: type, mode, owner, content, link target, device
 * numbers, extended attributes and which names are one file; of those that are `timed`, the seconds of
 * their time as well.
 */
export function dumpTree(
  root: string,
  timed: (path: string, entry: Entry) => boolean = () => false,
): ReadonlyMap<string, string> {
  const directory = new Root(root);
  const tree = scanTree(directory);
  const names = new Map<string, string[]>();
  for (const [path, entry] of tree) {
    if (entry.type === 'hardlink')
      names.set(entry.target, [...(names.get(entry.target) ?? [entry.target]), path]);
  }
  const described = new Map<string, string>();
  for (const [path, entry] of tree) {
    const first = entry.type === 'hardlink' ? entry.target : path;
    const links = names.get(first)?.toSorted().join(' ') ?? '';
    const time = timed(path, entry) ? ` @${Math.floor(entry.mtime)}` : '';
    described.set(path, `${describe(directory, first, tree.get(first) as Entry)}${time} ${links}`.trimEnd());
  }
  directory.release();
  return described;
}

function describe(root: Root, path: string, entry: Entry): string {
  const mode = entry.type === 'symlink' ? '' : ` ${entry.mode.toString(8).padStart(4, '0')}`;
  const xattrs = entry.xattrs === undefined ? '' : ` ${hex(JSON.stringify(entry.xattrs))}`;
  return `${entry.type}${mode} ${entry.uid}:${entry.gid} ${contentOf(root, path, entry)}${xattrs}`.trimEnd();
}

function contentOf(root: Root, path: string, entry: Entry): string {
  if (entry.type === 'symlink') return `-> ${entry.target}`;
  if (entry.type === 'char' || entry.type === 'block') return `${entry.major},${entry.minor}`;
  if (entry.type !== 'file') return '';
  const contents = root.contents(path, entry.size);
  const hash = createHash('sha256');
  for (const piece of Buffer.isBuffer(contents) ? [contents] : contents) hash.update(piece);
  return hash.digest('hex');
}

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

/** Paths that differ, each with both sides. */
export function differences(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): readonly string[] {
  return differingPaths(a, b).map(
    (path) => `${path}: ${a.get(path) ?? 'absent'} | ${b.get(path) ?? 'absent'}`,
  );
}

export function differingPaths(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): readonly string[] {
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
  return paths.filter((path) => a.get(path) !== b.get(path));
}
