import { accessSync, constants } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import { openTarFile, openTarStream, type TarFile } from '../formats/tar-file.ts';
import { contentPieces } from '../formats/tar-source.ts';
import type { LayerOptions } from '../image/layer.ts';
import { treeOfArchive } from '../rootfs/archive-tree.ts';
import { mountsWithin } from '../rootfs/remove.ts';
import { scanTree } from '../rootfs/scan.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import { contentsBelow } from '../staging/seal.ts';

/** Where a root filesystem comes from; paths are absolute. */
export type RootfsSource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Buffer> };

export interface OpenRootfs {
  readonly tree: Map<string, Entry>;
  readonly open: LayerOptions['open'];
  /** Refuses a part of the tree of which this user may not read all. */
  check(taken: Tree): void;
  /** What could not be taken as it is, for the user to know. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/** Bytes of a tar, unpacked, and of the holes of its sparse files. */
const LIMITS = { size: 256 * 2 ** 30, holes: 64 * 2 ** 30 };

/**
 * A directory or a tar, packed or not, as a Tree. A tar is not unpacked: its owners are those it tells,
 * whoever reads it.
 *
 * @throws MkbaseError `image/not-found`, `image/unreadable`, `image/bad-rootfs`
 */
export async function openRootfs(source: RootfsSource): Promise<OpenRootfs> {
  if (source.kind === 'stream')
    return archiveRootfs('standard input', () => openTarStream(source.stream, LIMITS));
  const { path } = source;
  const stats = await stat(path).catch((error: unknown) => {
    throw notThere(path, error);
  });
  if (stats.isDirectory()) return directoryRootfs(path);
  return archiveRootfs(`\`${path}\``, () => openTarFile(path, LIMITS));
}

async function archiveRootfs(name: string, open: () => Promise<TarFile>): Promise<OpenRootfs> {
  const tar = await open().catch((error: unknown) => {
    throw new MkbaseError('image/unreadable', `cannot read ${name}: ${reasonOf(error)}`, {
      hint: 'a root filesystem is a directory, or a tar that may be packed with gzip, xz, zstd or bzip2',
      cause: error,
    });
  });
  try {
    // Its list of entries is as large as the Tree: nothing holds it from here on.
    const { source, items, close } = tar;
    const { tree, contents } = treeOfArchive(items);
    if (tree.size === 0)
      throw new MkbaseError('image/bad-rootfs', `there is nothing in ${name}`, {
        hint: 'make the tar inside of the root filesystem, as in `tar -C DIR -c .`',
      });
    return {
      tree,
      async *open(path) {
        yield* contentPieces(source, contents.get(path)!);
      },
      check() {},
      notices: [],
      close,
    };
  } catch (error) {
    await tar.close();
    throw error;
  }
}

async function directoryRootfs(root: string): Promise<OpenRootfs> {
  if (root === '/') {
    throw new MkbaseError('image/bad-rootfs', 'cannot take `/`: it is this system, and it changes', {
      hint: 'name the directory of a root filesystem that is not in use',
    });
  }
  const mountinfo = await readFile('/proc/self/mountinfo', 'latin1').catch(() => '');
  const mounts = mountsWithin(mountinfo, root).filter((point) => point !== root);
  const sockets: string[] = [];
  const tree = scanned(root, {
    closed: new Set(mounts.map((point) => Buffer.from(point.slice(root.length + 1)).toString('latin1'))),
    onSocket: (path) => sockets.push(path),
  });
  return {
    tree,
    open: contentsBelow(root),
    check: (taken) => refuseUnreadable(root, taken),
    notices: [
      ...(sockets.length === 0 ? [] : [`sockets cannot be in an image and are left out: ${listed(sockets)}`]),
      ...(mounts.length === 0 ? [] : [`what is mounted there is left out: ${mounts.join(', ')}`]),
    ],
    async close() {},
  };
}

function scanned(root: string, options: Parameters<typeof scanTree>[1]): Map<string, Entry> {
  try {
    return scanTree(root, options);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw unreadable(root, [path === undefined ? '' : path.slice(root.length + 1)], error);
  }
}

/** All of them at once, before anything is written. */
function refuseUnreadable(root: string, tree: Tree): void {
  const closed = [...tree].flatMap(([path, { type }]) => {
    if (type !== 'file') return [];
    try {
      accessSync(Buffer.from(`${root}/${path}`, 'latin1'), constants.R_OK);
      return [];
    } catch {
      return [path];
    }
  });
  if (closed.length > 0) throw unreadable(root, closed);
}

function unreadable(root: string, paths: readonly string[], cause?: unknown): MkbaseError {
  return new MkbaseError('image/unreadable', `this user may not read ${listed(paths)} of \`${root}\``, {
    hint: 'run as root, or leave them out with `--exclude-path`, or import a tar that root has made',
    cause,
  });
}

const SHOWN = 5;

function listed(paths: readonly string[]): string {
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return `${paths
    .slice(0, SHOWN)
    .map((path) => quoted(`/${path}`))
    .join(', ')}${more}`;
}

function notThere(path: string, error: unknown): MkbaseError {
  const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new MkbaseError(
    absent ? 'image/not-found' : 'image/unreadable',
    absent ? `there is no \`${path}\`` : `cannot read \`${path}\`: ${reasonOf(error)}`,
    {
      hint: 'name the directory or the tar of a root filesystem, or `-` for a tar on standard input',
      cause: error,
    },
  );
}
