import { createHash } from 'node:crypto';
import type { PackageHead } from '../../../rootfs/package-file.ts';
import type { Entry } from '../../../rootfs/tree.ts';
import { resolveInTree } from '../../../rootfs/tree-path.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { entryPath } from './entry-path.ts';
import type { PlacementRules } from './placement.ts';
import type { Rootfs } from './rootfs.ts';

/**
 * Files below `/etc` that scripts have made or changed stay: a package's file of that name goes
 * beside as `.apk-new`, or is dropped where it is the same (apk-protected_paths(5)).
 */
export async function protection(
  sandbox: Sandbox,
  rootfs: Rootfs,
  heads: readonly PackageHead[],
): Promise<PlacementRules['protect']> {
  const places = new Map<string, string | null>();
  const tree = rootfs.tree();
  for (const head of heads) {
    if (!head.path.startsWith('etc/') || head.type === 'dir') continue;
    const path = resolveInTree(tree, entryPath(head.path));
    const there = tree.get(path);
    if (there === undefined || there.type === 'dir') continue;
    const sha1 = await digestOf(sandbox, path, there);
    const owner = rootfs.owner(path);
    if (sha1 === owner?.directory.files.get(owner.name)?.sha1) continue;
    places.set(path, sha1 === head.sha1 ? null : `${path}.apk-new`);
  }
  return (path) => (places.has(path) ? (places.get(path) as string | null) : path);
}

/** As in the database: the digest of a file's content or a link's target; empty for other entries. */
async function digestOf(sandbox: Sandbox, path: string, entry: Entry): Promise<string> {
  if (entry.type === 'symlink') return createHash('sha1').update(entry.target, 'latin1').digest('base64');
  if (entry.type !== 'file' && entry.type !== 'hardlink') return '';
  const content = (await sandbox.read(`/${path}`)) ?? Buffer.alloc(0);
  return createHash('sha1').update(content).digest('base64');
}
