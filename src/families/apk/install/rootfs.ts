/** The rootfs while packages go into it: placed in a Tree one by one, written by the workers in batches. */
import type { Excluded, Exclusion } from '../../../rootfs/exclusions.ts';
import type { PackageHead } from '../../../rootfs/package-file.ts';
import { Root } from '../../../rootfs/root.ts';
import { scanTree } from '../../../rootfs/scan.ts';
import type { Entry, Tree } from '../../../rootfs/tree.ts';
import type { OpenPackage, Unpacker } from '../../../rootfs/unpack.ts';
import type { TreeEdit } from '../../../rootfs/unpack-protocol.ts';
import type { PackageRecord } from './package-record.ts';
import { type Owner, type Placed, type PlacementRules, placePackage } from './placement.ts';

export interface Rootfs {
  tree(): Tree;
  /** The file at a path of the tree, as the database knows it. */
  owner(path: string): Owner | undefined;
  /** Places a package; its files are written while others are placed. */
  add(record: PackageRecord, contents: OpenPackage, rules: Omit<PlacementRules, 'exclusion'>): Promise<void>;
  /** Gives the packages' directories back what the packages agree on, whatever scripts have made of them. */
  settleDirectories(): Promise<void>;
  /** Has everything that was placed written. */
  flush(): Promise<void>;
  /** Writes and removes more; first what was placed. */
  edit(edit: TreeEdit): Promise<void>;
  /** Takes the tree from the disk, after a script or a hook may have changed it. */
  rescan(): Promise<void>;
  /** A file that is in the tree, while nothing runs in it. */
  read(path: string): string;
  /** Device nodes that the system did not let be made. */
  refused(): readonly string[];
}

export interface RootfsTools {
  readonly root: string;
  readonly unpacker: Unpacker;
  readonly exclusion: Exclusion;
  readonly onStaged: (name: string) => void;
  readonly onExcluded: (excluded: readonly Excluded[]) => void;
}

/** Begins with the entries of `start`. */
export function openRootfs(
  start: Tree,
  { root, unpacker, exclusion, onStaged, onExcluded }: RootfsTools,
): Rootfs {
  const disk = new Root(root);
  let tree = new Map<string, Entry>(start);
  const owners = new Map<string, Owner>();
  const directories: Placed['directories'] = new Map();
  const refused: string[] = [];
  let writes: Promise<void>[] = [];
  let others = [...start.keys()];
  /** Files that were written beside what they replace. */
  let replace: string[] = [];

  return {
    tree: () => tree,
    owner: (path) => owners.get(path),
    add,
    async settleDirectories() {
      for (const [path, agreed] of directories) {
        const entry = tree.get(path);
        if (entry?.type === 'dir') tree.set(path, { ...entry, ...agreed });
      }
      others.push(...directories.keys());
      await flush();
    },
    flush,
    async edit(edit) {
      await flush();
      refused.push(...(await unpacker.edit(edit)));
      const { remove = [], entries = [], files = [] } = edit;
      for (const path of remove) tree.delete(path);
      for (const [path, entry] of entries) tree.set(path, entry);
      for (const { path, content, ...meta } of files) {
        tree.set(path, { ...meta, type: 'file', size: content.length });
      }
    },
    async rescan() {
      await flush();
      // Scripts may have removed directories that the workers know.
      await unpacker.enter(root);
      tree = scanTree(disk);
    },
    read(path) {
      const text = disk.read(path)?.toString('latin1') ?? '';
      disk.release();
      return text;
    },
    refused: () => refused,
  };

  async function add(
    record: PackageRecord,
    contents: OpenPackage,
    rules: Omit<PlacementRules, 'exclusion'>,
  ): Promise<void> {
    const heads: readonly PackageHead[] = contents.heads;
    const placement = placePackage({ tree, owners, directories }, record, heads, { ...rules, exclusion });
    onExcluded(placement.excluded);
    const over = placement.files.filter((file) => file.over).map(({ path }) => path);
    // Beside a path there is room for one file.
    if (over.some((path) => replace.includes(path))) await flush();
    replace.push(...over);
    others.push(...placement.others);
    const written = contents.write(placement.files).then(() => onStaged(record.info.name));
    written.catch(() => {}); // Reported by the wait for all of them.
    writes.push(written);
  }

  async function flush(): Promise<void> {
    const batch = { writes, others, replace };
    [writes, others, replace] = [[], [], []];
    await Promise.all(batch.writes);
    if (batch.others.length + batch.replace.length === 0) return;
    const entries = batch.others.map((path) => [path, tree.get(path) as Entry] as const);
    refused.push(...(await unpacker.edit({ replace: batch.replace, entries })));
  }
}
