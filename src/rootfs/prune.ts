/** What path rules leave to be cleared away when all packages are in place. */
import { type Excluded, type Exclusion, isKept, type PathRule } from './exclusions.ts';
import type { Tree } from './tree.ts';
import { followInTree, parentOf } from './tree-path.ts';

export interface Pruned extends Excluded {
  readonly path: string;
}

/**
 * What is to go, in an order in which it can be removed: files that match a rule and that no package has
 * (scripts made them), then, until there are none, links that lead to nothing because of a rule and
 * directories in which a rule left nothing. dpkg keeps such links and directories, as an include rule might
 * bring something back below them; Docker's slim images clear them away (debuerreotype-slimify).
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
