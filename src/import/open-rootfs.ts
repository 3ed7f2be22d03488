import { stat } from 'node:fs/promises';
import { MkbaseError, reasonOf } from '../errors.ts';
import { openTarFile, openTarStream, type TarFile } from '../formats/tar-file.ts';
import { contentPieces } from '../formats/tar-source.ts';
import type { LayerOptions } from '../image/layer.ts';
import { treeOfArchive } from '../rootfs/archive-tree.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import { openDirectory, refuseUnreadable } from './directory.ts';
import { holdsSubordinateIds, mappedTar } from './mapped.ts';

/** Where a root filesystem comes from; paths are absolute. */
export type RootfsSource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Buffer> };

export interface OpenRootfs {
  readonly tree: Map<string, Entry>;
  readonly open: LayerOptions['open'];
  /** Refuses a part of the tree of which this user may not read all. */
  check(taken: Tree): void;
  /** Notices about entries that were changed or left out. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/** Bytes of a tar, unpacked, and of the holes of its sparse files. */
const LIMITS = { size: 256 * 2 ** 30, holes: 64 * 2 ** 30 };

/**
 * A directory or a tar, packed or not, as a Tree. A tar is not unpacked: its entries keep their owners,
 * whoever reads it.
 *
 * @throws MkbaseError `image/not-found`, `image/unreadable`, `image/bad-rootfs`, `image/not-a-rootfs`
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

/** A tar, with the notices from making it. */
type NotedTar = TarFile & Partial<Pick<OpenRootfs, 'notices'>>;

async function archiveRootfs(name: string, open: () => Promise<NotedTar>): Promise<OpenRootfs> {
  const tar = await open().catch((error: unknown) => {
    throw unreadable(name, error);
  });
  try {
    const { source, items, close, notices = [] } = tar;
    const { tree, contents } = treeOfArchive(items);
    if (tree.size === 0)
      throw new MkbaseError('image/bad-rootfs', `there is nothing in ${name}`, {
        hint: 'make the tar inside of the root filesystem, as in `tar -C DIR -c .`',
      });
    refuseImage(tree, name);
    return {
      tree,
      async *open(path) {
        yield* contentPieces(source, contents.get(path)!);
      },
      check() {},
      notices,
      close,
    };
  } catch (error) {
    await tar.close();
    throw unreadable(name, error);
  }
}

/** Restates an error about tars and codecs as one about root filesystems. */
function unreadable(name: string, error: unknown): MkbaseError {
  if (error instanceof MkbaseError && !error.code.startsWith('package/')) return error;
  return new MkbaseError('image/unreadable', `cannot read ${name}: ${reasonOf(error)}`, {
    hint: 'a root filesystem is a directory, or a tar that may be packed with gzip, xz, zstd, bzip2 or lzma',
    cause: error,
  });
}

async function directoryRootfs(root: string): Promise<OpenRootfs> {
  if (holdsSubordinateIds(root)) return archiveRootfs(`\`${root}\``, () => mappedTar(root, LIMITS));
  const { tree, open, mayRead, notices, close } = await openDirectory(root);
  try {
    refuseImage(tree, `\`${root}\``);
  } catch (error) {
    close();
    throw error;
  }
  return {
    ...{ tree, open, notices },
    check: (taken) => refuseUnreadable(root, { tree: taken, mayRead }),
    async close() {
      close();
    },
  };
}

/** The top-level names in an image's archive or layout from `docker save`, podman, skopeo and others. */
const OF_AN_IMAGE =
  /^(?:oci-layout|index\.json|manifest\.json|repositories|blobs|ingest|(?:sha256:)?[0-9a-f]{64}(?:\.json|\.tar(?:\.gz)?)?)$/;

/**
 * An image of an image helps nobody, and is what docker-import(1) makes of an archive.
 *
 * @throws MkbaseError `image/not-a-rootfs`
 */
function refuseImage(tree: Tree, name: string): void {
  const isImage =
    (tree.has('manifest.json') || tree.has('oci-layout')) &&
    [...tree.keys()].every((path) => path === '' || OF_AN_IMAGE.test(path.split('/', 1)[0]!));
  if (!isImage) return;
  throw new MkbaseError('image/not-a-rootfs', `${name} holds an image, and no root filesystem`, {
    hint: '`mkbase copy IMAGE TARGET` copies it; `docker export` writes the root filesystem of a container',
  });
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
