/** The root filesystem that the layers of an image make, one on the other. */
import { openTarStream, type TarFile } from '../formats/tar-file.ts';
import { contentPieces, type TarContent } from '../formats/tar-source.ts';
import { treeOfArchive } from '../rootfs/archive-tree.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import type { Image } from './image.ts';

export interface FlatImage {
  readonly tree: Tree;
  /** The whole content of a file, by its path in the tree. */
  read(path: string): Buffer;
  close(): Promise<void>;
}

/** Bytes of a layer, unpacked, and of the holes of its sparse files. */
const LIMITS = { size: 64 * 2 ** 30, holes: 64 * 2 ** 30 };

/**
 * Layers are unpacked into temporary files, and whiteouts taken for what they mean, OCI image
 * specification, layer.md.
 *
 * @throws MkbaseError as reading a blob, openTarStream and treeOfArchive do
 */
export async function flatten(image: Image): Promise<FlatImage> {
  const tars: TarFile[] = [];
  const close = async () => {
    for (const tar of tars) await tar.close();
  };
  try {
    const tree = new Map<string, Entry>();
    const places = new Map<string, { readonly tar: TarFile; readonly content: TarContent }>();
    for (const layer of image.layers) {
      const tar = await openTarStream(layer.open(), LIMITS);
      tars.push(tar);
      const upper = treeOfArchive(tar.items);
      for (const path of upper.tree.keys()) hideBelow(path, tree);
      for (const [path, entry] of upper.tree) {
        if (isWhiteout(path)) continue;
        if (entry.type !== 'dir') removeBelow(path, tree);
        tree.set(path, entry);
        const content = upper.contents.get(path);
        if (content !== undefined) places.set(path, { tar, content });
      }
    }
    return {
      tree,
      read(path) {
        const entry = tree.get(path);
        const place = places.get(entry?.type === 'hardlink' ? entry.target : path);
        return place === undefined
          ? Buffer.alloc(0)
          : Buffer.concat([...contentPieces(place.tar.source, place.content)]);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';

function isWhiteout(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith(PREFIX);
}

/** Takes away what a whiteout of the layer above says; any other entry takes nothing. */
function hideBelow(path: string, tree: Map<string, Entry>): void {
  if (!isWhiteout(path)) return;
  const slash = path.lastIndexOf('/') + 1;
  const [folder, name] = [path.slice(0, slash), path.slice(slash)];
  if (name === OPAQUE) {
    removeBelow(folder.slice(0, -1), tree);
    return;
  }
  const hidden = `${folder}${name.slice(PREFIX.length)}`;
  tree.delete(hidden);
  removeBelow(hidden, tree);
}

function removeBelow(path: string, tree: Map<string, Entry>): void {
  const prefix = path === '' ? '' : `${path}/`;
  for (const below of [...tree.keys()]) if (below !== '' && below.startsWith(prefix)) tree.delete(below);
}
