import type { Root } from '../rootfs/root.ts';
import type { LayerOptions } from './layer.ts';

/**
 * The contents of files of a root. They are read synchronously: libuv's threads, which would read them
 * otherwise, pack blocks meanwhile, and each call would wait behind several of those.
 */
export function contentsBelow(root: Root): LayerOptions['open'] {
  return (path, size) => root.contents(path, size);
}
