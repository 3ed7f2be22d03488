/** Local content as one deterministic tar: the Lock names it by its digest, and it is unpacked at the end. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import { codecOf, decompress } from '../formats/compress.ts';
import { readTar } from '../formats/tar.ts';
import { writeLayer } from '../image/layer.ts';
import { Root } from '../rootfs/root.ts';
import { scanTree } from '../rootfs/scan.ts';
import { treeEntry } from '../rootfs/tar-entry.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import { normalizeEntryPath, parentOf } from '../rootfs/tree-path.ts';
import type { Addition } from './addition.ts';

/** Bytes of all sources, unpacked: they are held in memory. */
const LIMIT = 2 * 2 ** 30;

interface Packed {
  readonly tree: Map<string, Entry>;
  /** Contents of files by their path in the tree. */
  readonly contents: Map<string, () => Buffer | Promise<Buffer>>;
}

/**
 * The files that the additions put into an image, as a Tree with all times 0, and its tar. The same contents
 * and modes give the same bytes on any machine; owners of sources are ignored. If two additions have
 * the same path, the last one wins.
 *
 * @throws MkbaseError `usage/unreadable-file`, `usage/bad-addition`, and the errors of a bad tar
 */
export async function packAdditions(additions: readonly Addition[]): Promise<{ tree: Tree; tar: Buffer }> {
  const packed: Packed = { tree: new Map(), contents: new Map() };
  for (const addition of additions) await pack(addition, packed);
  const { tree, contents } = packed;
  for (const path of tree.keys()) checkParents(path, tree);
  const pieces: Buffer[] = [];
  const open = (path: string) => contents.get(path)!();
  for await (const piece of writeLayer(tree, { epoch: 0, open })) pieces.push(piece);
  return { tree, tar: Buffer.concat(pieces) };
}

async function pack(addition: Addition, packed: Packed): Promise<void> {
  const { source, destination } = addition;
  try {
    const isInto = destination.endsWith('/');
    const stats = await stat(source);
    if (stats.isDirectory()) packFolder(addition, packed);
    else if (!stats.isFile()) throw new Error('it is a pipe, a socket or a device');
    else if (isInto && isTar(source)) await packTar(addition, packed);
    else {
      const { size, mode } = stats;
      const path = pathBelow(destination, isInto ? basename(source) : '');
      const entry: Entry = { type: 'file', size, ...metaOf(addition, mode) };
      put(packed, path, { entry, content: () => readFile(source) });
    }
  } catch (cause) {
    if (cause instanceof MkbaseError) throw cause;
    throw new MkbaseError('usage/unreadable-file', `cannot add ${quoted(source)}: ${reasonOf(cause)}`, {
      hint: '`--add` takes a file, folder or tar that this user can read',
      cause,
    });
  }
}

function isTar(name: string): boolean {
  return /\.(tar(\.(gz|xz|zst|bz2))?|tgz|txz|tzst)$/.test(name);
}

function packFolder(addition: Addition, packed: Packed): void {
  for (const [path, entry] of scanTree(new Root(addition.source))) {
    const target = pathBelow(addition.destination, path);
    const file = Buffer.from(`${addition.source}/${path}`, 'latin1');
    if (entry.type === 'char' || entry.type === 'block' || entry.type === 'fifo') continue;
    const { xattrs: _, ...kept } = entry;
    const link = entry.type === 'hardlink' ? { target: pathBelow(addition.destination, entry.target) } : {};
    put(packed, target, {
      entry: { ...kept, ...link, ...metaOf(addition, entry.mode, entry.type) },
      content: () => readFile(file),
    });
  }
}

async function packTar(addition: Addition, packed: Packed): Promise<void> {
  const codec = codecOf(addition.source.replace(/\.t(gz|xz|zst)$/, '.tar.$1'));
  const bytes = await decompress(codec, await readFile(addition.source), LIMIT);
  for (const entry of readTar(bytes)) {
    const path = pathBelow(addition.destination, normalizeEntryPath(entry.path));
    // An entry of a tar keeps its owner, which its packer chose.
    const linked = (link: string) => pathBelow(addition.destination, normalizeEntryPath(link));
    put(packed, path, { entry: { ...treeEntry(entry, linked), mtime: 0 }, content: () => entry.body });
  }
}

/** Directories and programs as everyone may use them: a checkout's modes depend on a umask. */
function metaOf({ mode, uid, gid }: Addition, found: number, type: Entry['type'] = 'file') {
  const usual = type === 'dir' || (found & 0o111) !== 0 ? 0o755 : 0o644;
  const chosen = type === 'symlink' ? 0o777 : type === 'dir' ? usual : (mode ?? usual);
  return { mode: chosen, uid, gid, mtime: 0 };
}

interface Added {
  readonly entry: Entry;
  readonly content: () => Buffer | Promise<Buffer>;
}

function put({ tree, contents }: Packed, path: string, { entry, content }: Added): void {
  if (path === '' && entry.type !== 'dir') {
    throw new MkbaseError('usage/bad-addition', 'a file cannot be added as `/`', {
      hint: 'name where it goes, as in `--add ./app:/usr/bin/app`',
    });
  }
  if (path === '') return; // The root keeps what the image gives it.
  tree.delete(path);
  tree.set(path, entry);
  if (entry.type === 'file') contents.set(path, content);
}

function checkParents(path: string, tree: Tree): void {
  for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
    const there = tree.get(above);
    if (there === undefined || there.type === 'dir') continue;
    throw new MkbaseError(
      'usage/bad-addition',
      `${quoted(path)} would lie below ${quoted(above)}, which is not a directory`,
      {
        hint: 'add it by the path that the link leads to, or leave the link out',
      },
    );
  }
}

function pathBelow(destination: string, path: string): string {
  return [...destination.split('/'), ...path.split('/')]
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
