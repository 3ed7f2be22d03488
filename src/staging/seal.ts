import { closeSync, createWriteStream, openSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compress } from '../formats/compress.ts';
import { readAt } from '../formats/tar-source.ts';
import { type LayerOptions, writeLayer } from '../image/layer.ts';
import type { Tree } from '../rootfs/tree.ts';
import type { Compression } from '../target/target.ts';

export interface SealOptions {
  readonly rootfs: string;
  readonly epoch: number;
  /** `-` is standard output. */
  readonly file: string;
  readonly compression: Compression;
  /** Permission bits of a new file. */
  readonly mode: number;
}

/** Writes the tree as one deterministic tar, with the contents of the files below `rootfs`. */
export async function writeTar(
  tree: Tree,
  { rootfs, epoch, file, compression, mode }: SealOptions,
): Promise<void> {
  const layer = writeLayer(tree, { epoch, open: contentsBelow(rootfs) });
  const out = file === '-' ? process.stdout : createWriteStream(file, { flags: 'wx', mode });
  await pipeline(Readable.from(compress(compression, layer)), out, { end: file !== '-' });
}

/** Files above this are read in pieces. */
const WHOLE = 2 ** 22;

/**
 * The contents of files below a directory. They are read synchronously: libuv's threads, which would read
 * them otherwise, pack blocks meanwhile, and each call would wait behind several of those.
 */
export function contentsBelow(rootfs: string): LayerOptions['open'] {
  return (path, size) => {
    const file = Buffer.from(`${rootfs}/${path}`, 'latin1');
    return size <= WHOLE ? readFileSync(file) : piecesOf(file);
  };
}

function* piecesOf(file: Buffer): Generator<Buffer> {
  const fd = openSync(file, 'r');
  try {
    for (let offset = 0; ; ) {
      const piece = readAt(fd, offset, 2 ** 20);
      if (piece.length === 0) return;
      offset += piece.length;
      yield piece;
    }
  } finally {
    closeSync(fd);
  }
}
