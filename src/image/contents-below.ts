import { closeSync, openSync, readFileSync } from 'node:fs';
import { readAt } from '../formats/tar-source.ts';
import type { LayerOptions } from './layer.ts';

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
