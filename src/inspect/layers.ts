/** A few files of an image, found through its layers as who unpacks them would. */
import { openTarStream } from '../formats/tar-file.ts';
import { contentPieces } from '../formats/tar-source.ts';
import type { Layer } from '../image/image.ts';
import { layerContent } from '../image/layer-content.ts';

export interface LayerFiles {
  /** Contents by path, without a leading slash. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Bytes of all layers, unpacked: files only. */
  readonly size: number;
  /** Entries of all layers. */
  readonly entries: number;
}

const LIMITS = { size: 64 * 2 ** 30, holes: 0 };
/** Larger ones are not read: a package database has some megabytes. */
const LARGEST_FILE = 128 * 2 ** 20;

/**
 * The regular files whose path `wanted` matches: those of later layers count, and what whiteouts remove is
 * gone, OCI image specification, layer.md. Every layer is held against its diffID.
 */
export async function readLayerFiles(layers: readonly Layer[], wanted: RegExp): Promise<LayerFiles> {
  const files = new Map<string, Buffer>();
  let [size, entries] = [0, 0];
  for (const layer of layers) {
    const tar = await openTarStream(layerContent(layer), LIMITS);
    try {
      const added = new Map<string, Buffer>();
      for (const item of tar.items) {
        const path = item.path.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
        entries++;
        size += item.size;
        removeBelow(files, path);
        if (item.type !== 'file' || item.size > LARGEST_FILE || !wanted.test(path)) continue;
        added.set(path, Buffer.concat([...contentPieces(tar.source, item.body)]));
      }
      // A whiteout holds for the layers below its own alone, wherever it stands.
      for (const [path, content] of added) files.set(path, content);
    } finally {
      await tar.close();
    }
  }
  return { files, size, entries };
}

/** What an entry of a layer takes away of the layers below. */
function removeBelow(files: Map<string, Buffer>, path: string): void {
  const [, directory = '', name] = /^(.*\/)?\.wh\.(.*)$/s.exec(path) ?? [];
  if (name === undefined) {
    files.delete(path);
    return;
  }
  const gone = name === '.wh..opq' ? directory : `${directory}${name}/`;
  for (const file of [...files.keys()]) if (`${file}/`.startsWith(gone)) files.delete(file);
}
