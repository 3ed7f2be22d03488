/** The applets of busybox as links, where its own scripts did not make them. */
import type { Mode } from '../../../job.ts';
import { Root } from '../../../rootfs/root.ts';
import type { Entry, Tree } from '../../../rootfs/tree.ts';
import { followInTree, resolveInTree } from '../../../rootfs/tree-path.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import type { Rootfs } from './rootfs.ts';

/** Where busybox of Alpine 3.18 and later names its applets: a file for each of its programs in `/bin`. */
const FOLDER = 'etc/busybox-paths.d/';

/**
 * Makes the links, as Alpine makes those of its own minirootfs.
 *
 * @param ask for the applets of a busybox that comes without such a file; null where it cannot be asked
 * @returns whether all could be made
 */
export async function linkApplets(
  rootfs: Rootfs,
  mtime: number,
  ask: () => Promise<string | null>,
): Promise<boolean> {
  await rootfs.flush();
  const tree = rootfs.tree();
  const isProgram = (name: string) => tree.get(followInTree(tree, `bin/${name}`))?.type === 'file';
  const lists = new Map<string, string>();
  for (const [path, { type }] of tree) {
    const name = path.slice(FOLDER.length);
    if (type === 'file' && path.startsWith(FOLDER) && isProgram(name)) lists.set(name, rootfs.read(path));
  }
  const asked = isProgram('busybox') && !lists.has('busybox') ? await ask() : '';
  if (asked !== null) lists.set('busybox', lists.get('busybox') ?? asked);
  const links = new Map<string, Entry>();
  for (const [name, list] of lists) {
    const made = appletLinks(new Map([...tree, ...links]), { program: `/bin/${name}`, list, mtime });
    for (const [link, entry] of made) links.set(link, entry);
  }
  await rootfs.edit({ entries: [...links] });
  return asked !== null;
}

/**
 * Links to `program` at each path of a list, a path a line without the leading slash, where nothing is.
 * Directories come before what is in them.
 */
function appletLinks(
  tree: Tree,
  { program, list, mtime }: { readonly program: string; readonly list: string; readonly mtime: number },
): readonly (readonly [string, Entry])[] {
  const made = new Map<string, Entry>();
  const meta = { uid: 0, gid: 0, mtime };
  for (const line of list.split('\n')) {
    if (line === '') continue;
    const path = resolveInTree(tree, line);
    if (tree.has(path) || made.has(path)) continue;
    for (const parent of parentsOf(path)) {
      if (!tree.has(parent)) made.set(parent, { ...meta, type: 'dir', mode: 0o755 });
    }
    made.set(path, { ...meta, type: 'symlink', mode: 0o777, target: program });
  }
  return [...made];
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * The applets of a busybox that does not come with a list of them, as those of Alpine 3.17 and older: asked
 * of itself, in a sandbox. A path a line; null where this host cannot run it.
 */
export async function listApplets(root: string, mode: Mode): Promise<string | null> {
  if (mode === 'none') return null;
  const sandbox = startSandbox(mode);
  const disk = new Root(root);
  const hadMountPoint = disk.stat('sys') !== undefined;
  disk.release();
  const lines: string[] = [];
  try {
    await sandbox.enter(root);
    const command = { argv: ['/bin/busybox', '--list-full'], env: {} };
    const status = await sandbox.run(command, { line: (line) => lines.push(line) });
    return status === 0 ? lines.join('\n') : null;
  } catch {
    return null; // A program of another architecture.
  } finally {
    await sandbox.close();
    if (!hadMountPoint && disk.stat('sys') !== undefined) disk.removeDirectory('sys');
    disk.release();
  }
}
