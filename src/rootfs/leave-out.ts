import type { Excluded, Exclusion } from './exclusions.ts';
import { prune } from './prune.ts';
import type { Entry, Tree } from './tree.ts';

/**
 * A tree without the entries that path rules match, and those that only served them (links
 * to them, directories that held nothing else). A file that has another name keeps its content there.
 */
export function leaveOut(
  tree: Tree,
  exclusion: Exclusion,
): { readonly tree: Map<string, Entry>; readonly excluded: readonly Excluded[] } {
  const excluded: Excluded[] = [];
  const left = new Map<string, Entry>();
  for (const [path, entry] of tree) {
    const rule = entry.type === 'dir' || path === '' ? null : exclusion(`/${path}`, kindOf(entry));
    if (rule === null) left.set(path, entry);
    else excluded.push({ rule, bytes: entry.type === 'file' ? entry.size : 0 });
  }
  relink(tree, left);
  for (const { path, rule, bytes } of prune(left, exclusion)) {
    left.delete(path);
    excluded.push({ rule, bytes });
  }
  return { tree: left, excluded };
}

function kindOf({ type }: Entry): 'file' | 'symlink' {
  return type === 'symlink' ? 'symlink' : 'file';
}

/** Where the first name of a file is gone, the next one is the file. */
function relink(before: Tree, left: Map<string, Entry>): void {
  const moved = new Map<string, string>();
  for (const [path, entry] of left) {
    if (entry.type !== 'hardlink' || left.has(entry.target)) continue;
    const next = moved.get(entry.target);
    if (next === undefined) moved.set(entry.target, path);
    left.set(path, next === undefined ? before.get(entry.target)! : { ...entry, target: next });
  }
}
