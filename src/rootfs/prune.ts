/** Entries to remove because of path rules when all packages are in place. */
import { type Excluded, type Exclusion, isKept, type PathRule } from './exclusions.ts';
import type { Tree } from './tree.ts';
import { followInTree, parentOf } from './tree-path.ts';

export interface Pruned extends Excluded {
  readonly path: string;
}

/**
 * The entries to remove, in an order in which that is possible: files that match a rule and belong to no package
 * (scripts made them), then, until there are none, links that dangle because of a rule and
 * directories in which a rule left nothing. dpkg keeps such links and directories, because an include rule might
 * bring something back below them; Docker's slim images remove them (debuerreotype-slimify).
 */
export function prune(tree: Tree, exclusion: Exclusion): Pruned[] {
  const left = new Map(tree);
  const pruned: Pruned[] = [];
  const take = (path: string, rule: PathRule) => {
    const entry = left.get(path);
    pruned.push({ path, rule, bytes: entry?.type === 'file' ? entry.size : 0 });
    left.delete(path);
  };
  for (const [path, entry] of tree) {
    const rule = entry.type === 'dir' || entry.type === 'symlink' ? null : exclusion(`/${path}`, 'file');
    if (rule !== null) take(path, rule);
  }
  for (let before = -1; before !== pruned.length; ) {
    before = pruned.length;
    const parents = new Set([...left.keys()].map(parentOf));
    // From the last path to the first, so that a directory comes after what is in it.
    for (const [path, entry] of [...left].reverse()) {
      if (entry.type === 'symlink') {
        const rule = exclusion(`/${path}`, 'file') ?? exclusion(`/${targetOf(left, path)}`, 'file');
        if (rule !== null && !left.has(targetOf(left, path))) take(path, rule);
      } else if (entry.type === 'dir' && !parents.has(path)) {
        const rule = isKept(`/${path}`) ? null : exclusion(`/${path}`, 'file');
        if (rule !== null) take(path, rule);
      }
    }
  }
  return pruned;
}

function targetOf(tree: Tree, path: string): string {
  return followInTree(tree, path);
}
