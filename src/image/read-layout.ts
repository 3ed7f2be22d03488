/** Reads OCI layouts: from a directory, or from whatever else gives files by their paths. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import { type Blob, collect, type Descriptor } from './blob.ts';
import { chooseImage } from './choose.ts';
import type { Image, ImageIndex } from './image.ts';
import { blobPath, layoutNames } from './layout.ts';
import { MAX_MANIFEST, readImage } from './read-image.ts';
import { asArray, asDescriptor, parseObject, tooLarge } from './read-json.ts';

/** Files by their paths in a layout or an archive. */
export interface ImageFiles {
  /** As people name them all. */
  readonly name: string;
  /** Null where the file is not there. */
  find(path: string): Promise<{ readonly size: number; readonly open: Blob['open'] } | null>;
}

/**
 * The image of that name in a layout, or its only one.
 *
 * @throws MkbaseError `image/not-found`, `image/no-such-name`, `image/name-needed`,
 *   `image/missing-blob`, and what readImage gives
 */
export async function readLayout(files: ImageFiles, name: string | null): Promise<Image | ImageIndex> {
  const entries = await layoutEntries(files);
  if (entries === null) {
    throw new MkbaseError('image/not-found', `\`${files.name}\` is no OCI layout: it has no \`index.json\``, {
      hint: 'name an OCI layout, or an archive that `mkbase`, `docker save` or `skopeo` made',
    });
  }
  const candidates = entries.map((item) => ({ item, names: layoutNames(item), id: item.digest }));
  const entry = chooseImage(candidates, { name, where: files.name });
  return readImage(entry, (descriptor) => blobIn(files, descriptor));
}

/** The entries of index.json; null where there is no such file. */
export async function layoutEntries(files: ImageFiles): Promise<readonly Descriptor[] | null> {
  const what = '`index.json`';
  const bytes = await smallFile(files, 'index.json');
  if (bytes === null) return null;
  return asArray(parseObject(bytes, what).manifests, what).map((one) => asDescriptor(one, what));
}

/** All of a document; null where it is not there. */
export async function smallFile(files: ImageFiles, path: string): Promise<Buffer | null> {
  const file = await files.find(path);
  if (file === null) return null;
  if (file.size > MAX_MANIFEST) throw tooLarge(`\`${path}\``, `${file.size} bytes`);
  return collect(file.open());
}

async function blobIn(files: ImageFiles, descriptor: Descriptor): Promise<Blob> {
  const file = await files.find(blobPath(descriptor));
  if (file?.size === descriptor.size) return { ...descriptor, open: file.open };
  const state = file === null ? 'is missing' : `has ${file.size} bytes instead of ${descriptor.size}`;
  throw new MkbaseError(
    'image/missing-blob',
    `the blob \`${descriptor.digest}\` ${state} in \`${files.name}\``,
    {
      hint: 'copy the image again from where it was made',
    },
  );
}

/** A layout on disk. */
export function directoryFiles(directory: string): ImageFiles {
  const absent = (path: string, error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new MkbaseError(
      'image/unreadable',
      `cannot read \`${join(directory, path)}\`: ${reasonOf(error)}`,
      {
        hint: 'it must be readable by this user',
        cause: error,
      },
    );
  };
  return {
    name: directory,
    async find(path) {
      const stats = await stat(join(directory, path)).catch((error: unknown) => absent(path, error));
      if (stats === null || !stats.isFile()) return null;
      return {
        size: stats.size,
        open: () => createReadStream(join(directory, path), { highWaterMark: 2 ** 20 }),
      };
    },
  };
}
