/** The user's own content of the rootfs beside the packages: files and accounts. */
import { type Account, type AccountFiles, addAccounts } from '../additions/account.ts';
import { MkbaseError, quoted } from '../errors.ts';
import { readTar, type TarEntry } from '../formats/tar.ts';
import type { Root } from '../rootfs/root.ts';
import { scanTree } from '../rootfs/scan.ts';
import { treeEntry } from '../rootfs/tar-entry.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import { followInTree, normalizeEntryPath, resolveInTree } from '../rootfs/tree-path.ts';
import type { TextFile, TreeEdit } from '../rootfs/unpack-protocol.ts';

export interface LocalContent {
  /** Accounts come first: what is added may belong to them. */
  readonly accounts: readonly Account[];
  /** A tar, as packAdditions makes it; null where nothing is added. */
  readonly additions: Buffer | null;
}

/** Local content writes, and removes nothing. */
type LocalEdit = Required<Pick<TreeEdit, 'entries' | 'files'>>;

/**
 * The entries to write for the local content, by paths whose directories are no links: where a path of
 * the content leads through links of the rootfs, it stays inside of it.
 *
 * @throws MkbaseError `target/addition-in-the-way`, `usage/account-taken`
 */
export function planLocalContent(
  root: Root,
  { accounts, additions }: LocalContent,
  epoch: number,
): LocalEdit {
  if (accounts.length === 0 && additions === null) return { entries: [], files: [] };
  const tree = scanTree(root);
  const text = (path: string): string | null => {
    const resolved = followInTree(tree, path);
    return root.read(resolved)?.toString('latin1') ?? null;
  };
  const added = (additions === null ? [] : readTar(additions)).flatMap((entry) => placed(entry, tree));
  return {
    entries: [
      ...accounts.flatMap((account) => homeOf(account, tree, epoch)),
      ...added.flatMap(({ path, entry }) =>
        entry.type === 'file' ? [] : [[path, { ...entry, mtime: epoch }] as const],
      ),
    ],
    files: [
      ...accountTexts({ tree, accounts, text, epoch }),
      ...added.flatMap(({ path, entry, body }) =>
        entry.type === 'file' ? [{ ...entry, path, content: body, mtime: epoch }] : [],
      ),
    ],
  };
}

/** The same as entries of a Tree. */
export function entriesOf({ entries, files }: LocalEdit): (readonly [string, Entry])[] {
  const written = files.map(({ path, content, ...meta }) => {
    return [path, { ...meta, type: 'file', size: content.length }] as const;
  });
  return [...entries, ...written];
}

interface Placed {
  readonly path: string;
  readonly entry: Entry;
  readonly body: Buffer;
}

/** Where an entry goes, and nothing for a directory that is there: it keeps what its package gave it. */
function placed(entry: TarEntry, tree: Tree): Placed[] {
  const named = normalizeEntryPath(entry.path);
  const path = entry.type === 'dir' ? followInTree(tree, named) : resolveInTree(tree, named);
  const there = tree.get(path);
  if (entry.type === 'dir' && (path === '' || there?.type === 'dir')) return [];
  if (there?.type === 'dir' || (entry.type === 'dir' && there !== undefined)) {
    const what = there.type === 'dir' ? 'a directory' : 'no directory';
    throw new MkbaseError('target/addition-in-the-way', `cannot add ${quoted(path)}: ${what} is there`, {
      hint: 'give `--add` another destination; one that ends in `/` goes into the directory',
    });
  }
  const linked = (link: string) => resolveInTree(tree, normalizeEntryPath(link));
  return [{ path, entry: treeEntry(entry, linked), body: entry.body }];
}

function homeOf({ uid, gid, home }: Account, tree: Tree, epoch: number): (readonly [string, Entry])[] {
  const path = followInTree(tree, home.slice(1));
  if (home === '/nonexistent' || path === '' || tree.has(path)) return [];
  return [[path, { type: 'dir', mode: 0o755, uid, gid, mtime: epoch }]];
}

interface AccountWork {
  readonly tree: Tree;
  readonly accounts: readonly Account[];
  readonly text: (path: string) => string | null;
  readonly epoch: number;
}

function accountTexts({ tree, accounts, text, epoch }: AccountWork): TextFile[] {
  if (accounts.length === 0) return [];
  const before: AccountFiles = {
    passwd: text('etc/passwd'),
    group: text('etc/group'),
    shadow: text('etc/shadow'),
  };
  const after = addAccounts(before, accounts);
  return (['passwd', 'group', 'shadow'] as const).flatMap((name) => {
    const content = after[name];
    if (content === null || content === before[name]) return [];
    const path = followInTree(tree, `etc/${name}`);
    const { mode, uid, gid } = tree.get(path) ?? { mode: 0o644, uid: 0, gid: 0 };
    return [{ path, mode, uid, gid, mtime: epoch, content: Buffer.from(content, 'latin1') }];
  });
}
