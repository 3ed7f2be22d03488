import { MkbaseError, quoted } from '../errors.ts';
import type { Tree } from '../rootfs/tree.ts';

/**
 * Names that a layer cannot hold as they are: a file `.wh.x` removes `x` when the layer is unpacked, OCI
 * image specification, layer.md.
 *
 * @throws MkbaseError `target/whiteout`
 */
export function refuseWhiteouts(tree: Tree): void {
  for (const path of tree.keys()) {
    if (!path.slice(path.lastIndexOf('/') + 1).startsWith('.wh.')) continue;
    throw new MkbaseError('target/whiteout', `an image cannot hold the file ${quoted(path)}`, {
      hint: 'its name means in a layer that another file is removed: rename it, or leave it out',
    });
  }
}
