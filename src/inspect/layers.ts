/** A few files of an image, found through its layers as who unpacks them would. */
import { openTarStream } from '../formats/tar-file.ts';
import { contentPieces } from '../formats/tar-source.ts';
import type { Layer } from '../image/image.ts';
import { layerContent } from '../image/layer-content.ts';
import { layerPath, removedBy, type Whiteout, whiteoutOf } from '../image/whiteouts.ts';
import { checkDatabaseSize } from './packages.ts';

export interface LayerFiles {
  /** Contents by path, without a leading slash. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Bytes of all layers, unpacked: files only. */
  readonly size: number;
  /** Entries of all layers. */
  readonly entries: number;
}

const LIMITS = { size: 64 * 2 ** 30, holes: 64 * 2 ** 30 };

/**
 * The regular files whose path is wanted: those of later layers count, and what whiteouts remove is
 * gone, OCI image specification, layer.md. Every layer is held against its diffID.
 *
 * @throws MkbaseError `image/databases-too-large`
 */
export async function readLayerFiles(
  layers: readonly Layer[],
  isWanted: (path: string) => boolean,
): Promise<LayerFiles> {
  const files = new Map<string, Buffer>();
  let [size, entries, held] = [0, 0, 0];
  for (const layer of layers) {
    const tar = await openTarStream(layerContent(layer), LIMITS);
    try {
      const added = new Map<string, Buffer>();
      const whiteouts: Whiteout[] = [];
      for (const item of tar.items) {
        const path = layerPath(item.path);
        const whiteout = whiteoutOf(path);
        if (whiteout !== null) whiteouts.push(whiteout);
        entries++;
        size += item.size;
        files.delete(path);
        if (item.type !== 'file' || !isWanted(path)) continue;
        held += item.size;
        checkDatabaseSize(path, held);
        added.set(path, Buffer.concat([...contentPieces(tar.source, item.body)]));
      }
      // A whiteout holds for the layers below its own alone, wherever it stands.
      const isRemoved = removedBy(whiteouts);
      for (const path of [...files.keys()]) if (isRemoved(path)) files.delete(path);
      for (const [path, content] of added) files.set(path, content);
    } finally {
      await tar.close();
    }
  }
  return { files, size, entries };
}
