/** The root filesystem that the layers of an image make, one on the other. */
import type { TarItem } from '../formats/tar.ts';
import { openTarStream, type TarFile } from '../formats/tar-file.ts';
import { contentPieces, type TarContent, type TarSource } from '../formats/tar-source.ts';
import { treeOfArchive } from '../rootfs/archive-tree.ts';
import type { Tree } from '../rootfs/tree.ts';
import type { Image } from './image.ts';
import { layerContent } from './layer-content.ts';
import { layerPath, removedBy, type Whiteout, whiteoutOf } from './whiteouts.ts';

export interface FlatImage {
  readonly tree: Tree;
  /** The content of a file in pieces, by its path in the tree; of what is no file, nothing. */
  pieces(path: string): Iterable<Buffer>;
  close(): Promise<void>;
}

/** Bytes of a layer, unpacked, and of the holes of its sparse files. */
const LIMITS = { size: 64 * 2 ** 30, holes: 64 * 2 ** 30 };

/**
 * Layers are unpacked into temporary files, each held against its diffID.
 *
 * @throws MkbaseError as layerContent, openTarStream and treeOfArchive do
 */
export async function flatten(image: Image): Promise<FlatImage> {
  const tars: TarFile[] = [];
  const close = async () => {
    for (const tar of tars) await tar.close();
  };
  try {
    for (const layer of image.layers) tars.push(await openTarStream(layerContent(layer), LIMITS));
    const { items, sources } = stacked(tars);
    const { tree, contents } = treeOfArchive(items);
    return {
      tree,
      pieces(path) {
        const content = contents.get(path);
        return content === undefined ? [] : contentPieces(sources.get(content)!, content);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Stack {
  readonly items: readonly TarItem<TarContent>[];
  /** Which of the tars a content is in. */
  readonly sources: ReadonlyMap<TarContent, TarSource>;
}

/** As one tar: links of lower layers are followed by paths of those above, as when they are unpacked. */
function stacked(tars: readonly TarFile[]): Stack {
  const sources = new Map<TarContent, TarSource>();
  let items: TarItem<TarContent>[] = [];
  for (const tar of tars) {
    const own: TarItem<TarContent>[] = [];
    const whiteouts: Whiteout[] = [];
    for (const item of tar.items) {
      const whiteout = whiteoutOf(layerPath(item.path));
      if (whiteout !== null) {
        whiteouts.push(whiteout);
        continue;
      }
      sources.set(item.body, tar.source);
      own.push(item);
    }
    // A whiteout holds for the layers below its own alone, wherever it stands.
    const isRemoved = removedBy(whiteouts);
    items = [...items.filter(({ path }) => !isRemoved(layerPath(path))), ...own];
  }
  return { items, sources };
}
