/** Files of a layer by which others are removed when it is unpacked, OCI image specification, layer.md. */

import { MkbaseError, quoted } from '../errors.ts';
import { withoutEnd } from '../formats/line-end.ts';
import type { Tree } from '../rootfs/tree.ts';
import { parentOf } from '../rootfs/tree-path.ts';

/** A path that a layer removes from the layers below. Paths have no slashes at their ends; the root is `''`. */
export interface Whiteout {
  readonly path: string;
  /** Whether the path itself goes too, or all that is in it alone: "opaque". */
  readonly self: boolean;
}

const OPAQUE = '.wh..opq';

/** The whiteout that an entry of a layer stands for; null for any other entry. */
export function whiteoutOf(path: string): Whiteout | null {
  if (!path.includes('.wh.')) return null;
  const [, folder = '', name] = /^(.*\/)?\.wh\.([^/]*)$/s.exec(path) ?? [];
  if (name === undefined) return null;
  return name === OPAQUE
    ? { path: folder.slice(0, -1), self: false }
    : { path: `${folder}${name}`, self: true };
}

/** Tells of a path of a layer whether any whiteout of a layer above removes it. */
export function removedBy(whiteouts: readonly Whiteout[]): (path: string) => boolean {
  const hidden = new Set(whiteouts.flatMap(({ path, self }) => (self ? [path] : [])));
  const emptied = new Set(whiteouts.flatMap(({ path, self }) => (self ? [] : [path])));
  return (path) => {
    if (hidden.has(path)) return true;
    for (let above = path; above !== ''; ) {
      above = parentOf(above);
      if (hidden.has(above) || emptied.has(above)) return true;
    }
    return false;
  };
}

/**
 * Names that a layer cannot hold as they are: a file `.wh.x` removes `x` when the layer is unpacked.
 *
 * @throws MkbaseError `target/whiteout`
 */
export function refuseWhiteouts(tree: Tree): void {
  for (const path of tree.keys()) {
    if (whiteoutOf(path) === null) continue;
    throw new MkbaseError('target/whiteout', `an image cannot hold the file ${quoted(path)}`, {
      hint: 'its name means in a layer that another file is removed: rename it, or leave it out',
    });
  }
}

/** The path of a layer's entry as whiteouts name it: `./usr/bin/` is `usr/bin`. */
export function layerPath(path: string): string {
  return withoutEnd(path.replace(/^(\.?\/)+/, ''), '/');
}
