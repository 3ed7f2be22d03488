/** The side that files are: of a directory, of a tar, of the layers of an image. */
import { createHash } from 'node:crypto';
import { FAMILIES } from '../families/index.ts';
import { flatten } from '../image/flatten.ts';
import type { Image } from '../image/image.ts';
import type { LayerOptions } from '../image/layer.ts';
import { readConfig } from '../image/read-image.ts';
import { asObject } from '../image/read-json.ts';
import { openRootfs } from '../import/open-rootfs.ts';
import { checkDatabaseSize, installedPackages, isDatabasePath } from '../inspect/packages.ts';
import type { Tree } from '../rootfs/tree.ts';
import { type FileChange, type FileFact, fileChanges } from './files.ts';
import { settingsOf } from './settings.ts';
import type { Side } from './side.ts';

/** A directory or a tar; `path` is absolute. */
export async function sideOfRootfs(name: string, path: string): Promise<Side> {
  const rootfs = await openRootfs({ kind: 'path', path });
  try {
    rootfs.check(rootfs.tree);
    return await sideOfTree(name, rootfs.tree, rootfs.open);
  } finally {
    await rootfs.close();
  }
}

/** The differences between the files of two tars. */
export async function compareArchives(before: string, after: string): Promise<FileChange[]> {
  const [was, is] = [await sideOfRootfs(before, before), await sideOfRootfs(after, after)];
  return fileChanges(was.files!, is.files!);
}

/** The files after unpacking all layers, and the settings. */
export async function sideOfImage(name: string, image: Image): Promise<Side> {
  const flat = await flatten(image);
  try {
    const side = await sideOfTree(name, flat.tree, async function* (path) {
      yield* flat.pieces(path);
    });
    const { document } = await readConfig(image.config);
    return { ...side, settings: settingsOf(asObject(document.config ?? {}, 'the configuration')) };
  } finally {
    await flat.close();
  }
}

async function sideOfTree(name: string, tree: Tree, open: LayerOptions['open']): Promise<Side> {
  const files = new Map<string, FileFact>();
  const databases = new Map<string, Buffer>();
  let held = 0;
  for (const [path, entry] of tree) {
    if (entry.type === 'hardlink') continue;
    if (entry.type !== 'file') {
      files.set(path, { ...entry, sha256: null });
      continue;
    }
    const isDatabase = isDatabasePath(path);
    if (isDatabase) {
      held += entry.size;
      checkDatabaseSize(path, held);
    }
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    const content = await open(path, entry.size);
    for await (const piece of Buffer.isBuffer(content) ? [content] : content) {
      hash.update(piece);
      if (isDatabase) kept.push(Buffer.from(piece));
    }
    files.set(path, { ...entry, sha256: hash.digest('hex') });
    if (isDatabase) databases.set(path, Buffer.concat(kept));
  }
  for (const [path, entry] of tree) {
    const file = entry.type === 'hardlink' ? files.get(entry.target) : undefined;
    if (file !== undefined) files.set(path, file);
  }
  const packages = installedPackages(databases).map((item) => {
    return { ...item, pocket: null, digest: null, size: null };
  });
  const family = FAMILIES.find(({ database }) =>
    [...databases.keys()].some((path) => database.paths.test(path)),
  );
  return {
    ...{ name, files, settings: null, request: null },
    family: packages.length === 0 ? null : (family?.name ?? null),
    packages: [{ arch: null, packages }],
  };
}
