/** The files made once all packages are in place: the database, and those that apk itself leaves to others. */
import type { Excluded, Exclusion } from '../../../rootfs/exclusions.ts';
import { prune } from '../../../rootfs/prune.ts';
import type { Entry } from '../../../rootfs/tree.ts';
import { followInTree } from '../../../rootfs/tree-path.ts';
import type { TextFile } from '../../../rootfs/unpack-protocol.ts';
import type { ApkImage } from '../lock-section.ts';
import { installedText, triggersText } from './installed-database.ts';
import type { PackageRecord } from './package-record.ts';
import type { Rootfs } from './rootfs.ts';
import { packedScriptsArchive, type Scripted, scriptsArchive } from './scripts-archive.ts';

export interface FinishOptions {
  readonly epoch: number;
  readonly exclusion: Exclusion;
  readonly rootPassword: ApkImage['rootPassword'] | null;
  /** The version whose database it is. */
  readonly apkTools: 2 | 3;
  readonly onExcluded: (excluded: readonly Excluded[]) => void;
}

/**
 * Removes entries that path rules leave dangling, and writes a locked password for root, and the
 * database.
 */
export async function finishRootfs(
  rootfs: Rootfs,
  installed: readonly Scripted[],
  { epoch, exclusion, rootPassword, apkTools, onExcluded }: FinishOptions,
): Promise<void> {
  await rootfs.flush();
  onExcluded(await clearAway(rootfs, installed, exclusion));
  // `lib` may be a link to `usr/lib`.
  const folder = followInTree(rootfs.tree(), 'lib/apk/db');
  await rootfs.edit({
    entries: missingFolders(rootfs, folder, epoch),
    files: [
      ...lockedRoot(rootfs, rootPassword, epoch),
      ...databaseFiles(folder, installed, { epoch, apkTools }),
    ],
  });
}

function missingFolders(rootfs: Rootfs, path: string, mtime: number): readonly (readonly [string, Entry])[] {
  const parts = path.split('/');
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const entry: Entry = { type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime };
  return folders.filter((folder) => !rootfs.tree().has(folder)).map((folder) => [folder, entry]);
}

/** Removes entries that path rules leave dangling or empty; the database does not name them. */
async function clearAway(
  rootfs: Rootfs,
  installed: readonly Scripted[],
  exclusion: Exclusion,
): Promise<readonly Excluded[]> {
  const tree = rootfs.tree();
  const pruned = prune(tree, exclusion);
  if (pruned.length === 0) return [];
  const gone = new Set(pruned.map(({ path }) => path));
  for (const path of gone) {
    const owner = rootfs.owner(path);
    owner?.directory.files.delete(owner.name);
  }
  for (const { record } of installed) forget(record, (path) => gone.has(followInTree(tree, path)));
  await rootfs.edit({ remove: [...gone] });
  return pruned;
}

function forget({ directories }: PackageRecord, isGone: (path: string) => boolean): void {
  for (const path of [...directories.keys()]) if (path !== '' && isGone(path)) directories.delete(path);
}

function lockedRoot(
  rootfs: Rootfs,
  password: ApkImage['rootPassword'] | null,
  mtime: number,
): readonly TextFile[] {
  const path = 'etc/shadow';
  const entry = rootfs.tree().get(path);
  if (password === null || entry?.type !== 'file') return [];
  const text = rootfs.read(path);
  const locked = text.replace(/^root::/m, `root:${password}:`);
  if (locked === text) return [];
  const { mode, uid, gid } = entry;
  return [{ path, mode, uid, gid, mtime, content: Buffer.from(locked, 'latin1') }];
}

function byName(one: Scripted, other: Scripted): number {
  return one.record.info.name < other.record.info.name ? -1 : 1;
}

function databaseFiles(
  folder: string,
  installed: readonly Scripted[],
  { epoch, apkTools }: Pick<FinishOptions, 'epoch' | 'apkTools'>,
): readonly TextFile[] {
  // apk 3 writes all of it by name, apk 2 scripts and triggers in the order of installation.
  const inOrder = apkTools === 3 ? installed.toSorted(byName) : installed;
  const records = inOrder.map(({ record }) => record);
  const file = (name: string, content: Buffer, mode: number) => {
    return { path: `${folder}/${name}`, content, mode, uid: 0, gid: 0, mtime: epoch };
  };
  return [
    file('installed', Buffer.from(installedText(records), 'latin1'), 0o644),
    ...(apkTools === 3
      ? [file('scripts.tar.gz', packedScriptsArchive(inOrder, epoch), 0o644)]
      : [file('lock', Buffer.alloc(0), 0o600), file('scripts.tar', scriptsArchive(inOrder, epoch), 0o644)]),
    file('triggers', Buffer.from(triggersText(records), 'latin1'), 0o644),
  ];
}
