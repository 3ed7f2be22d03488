import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compress } from '../formats/compress.ts';
import { contentsBelow } from '../image/contents-below.ts';
import { writeLayer } from '../image/layer.ts';
import type { Root } from '../rootfs/root.ts';
import type { Tree } from '../rootfs/tree.ts';
import type { Compression } from '../targets/target.ts';

export interface SealOptions {
  readonly root: Root;
  readonly epoch: number;
  /** `-` is standard output. */
  readonly file: string;
  readonly compression: Compression;
  /** Permission bits of a new file. */
  readonly mode: number;
  /** Whether a file's data is forced to the disk. */
  readonly fsync: boolean;
}

/** Writes the tree as one deterministic tar, with the contents of the files in `root`. */
export async function writeTar(
  tree: Tree,
  { root, epoch, file, compression, mode, fsync }: SealOptions,
): Promise<void> {
  const layer = writeLayer(tree, { epoch, open: contentsBelow(root) });
  const out = file === '-' ? process.stdout : createWriteStream(file, { flags: 'wx', mode, flush: fsync });
  await pipeline(Readable.from(compress(compression, layer)), out, { end: file !== '-' });
}
