/** The root filesystem that the layers of an image make, one on the other. */
import { openTarStream, type TarFile } from '../formats/tar-file.ts';
import { contentPieces, type TarContent, type TarSource } from '../formats/tar-source.ts';
import { ArchiveTreeBuilder } from '../rootfs/archive-tree.ts';
import type { Tree } from '../rootfs/tree.ts';
import type { Image } from './image.ts';
import { layerContent } from './layer-content.ts';
import { layerPath, whiteoutOf } from './whiteouts.ts';

export interface FlatImage {
  readonly tree: Tree;
  /** The content of a file in pieces, by its path in the tree; none for entries of other types. */
  pieces(path: string): Iterable<Buffer>;
  close(): Promise<void>;
}

/** Bytes of all layers together, unpacked, which lie in temporary files; and of the holes of sparse files. */
const LIMITS = { size: 64 * 2 ** 30, holes: 64 * 2 ** 30 };

/**
 * Layers are unpacked into temporary files, each once, and held against their diffIDs. They are laid one on
 * the other as they would be unpacked: links of lower layers are followed by paths of those above, and a
 * file stays under its other names where a layer above removes the first.
 *
 * @throws MkbaseError as layerContent, openTarStream and ArchiveTreeBuilder do
 */
export async function flatten(image: Image): Promise<FlatImage> {
  const tars = new Map<string, TarFile>();
  const close = async () => {
    for (const tar of tars.values()) await tar.close();
  };
  try {
    const builder = new ArchiveTreeBuilder<Stored>();
    let left = LIMITS.size;
    for (const layer of image.layers) {
      const known = tars.get(layer.diffId);
      const tar = known ?? (await openTarStream(layerContent(layer), { ...LIMITS, size: left }));
      if (known === undefined) left -= tar.source.length;
      tars.set(layer.diffId, tar);
      addLayer(builder, tar);
    }
    const { tree, contents } = builder.finish();
    return {
      tree,
      pieces(path) {
        const stored = contents.get(path);
        return stored === undefined ? [] : contentPieces(stored.source, stored.content);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Which of the tars a content is in. */
interface Stored {
  readonly source: TarSource;
  readonly content: TarContent;
}

function addLayer(builder: ArchiveTreeBuilder<Stored>, { source, items }: TarFile): void {
  // A whiteout holds for the layers below its own alone, wherever it stands.
  for (const { path } of items) {
    const whiteout = whiteoutOf(layerPath(path));
    if (whiteout !== null) builder.remove(whiteout.path, whiteout);
  }
  for (const item of items) {
    if (whiteoutOf(layerPath(item.path)) !== null) continue;
    builder.add(item, { source, content: item.body });
  }
}
