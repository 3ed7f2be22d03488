/** Reads archives of images: `docker save`'s, podman's, skopeo's and our own. */
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import type { TarItem } from '../formats/tar.ts';
import { openTarFile, openTarStream, type TarFile, type TarLimits } from '../formats/tar-file.ts';
import { contentPieces, type TarContent } from '../formats/tar-source.ts';
import type { Image, ImageIndex } from './image.ts';
import { readDockerManifest } from './read-docker-manifest.ts';
import { type ImageFiles, layoutEntries, readLayout } from './read-layout.ts';

/** Which of the two descriptions that an archive may have counts; `any` takes the layout where there is one. */
export type ArchiveKind = 'oci-archive' | 'docker-archive' | 'any';

export interface ArchiveChoice {
  readonly kind: ArchiveKind;
  /** Null where the only image is meant. */
  readonly name: string | null;
}

export interface OpenImage {
  readonly image: Image | ImageIndex;
  close(): Promise<void>;
}

const LIMITS: TarLimits = { size: 64 * 2 ** 30, holes: 64 * 2 ** 30 };

/**
 * The image of that name in an archive, or its only one. The archive may be packed as a whole, and stays
 * open until it is closed.
 *
 * @throws MkbaseError `image/not-found`, `image/unreadable`, and what readLayout and readDockerManifest give
 */
export async function openArchive(path: string, choice: ArchiveChoice): Promise<OpenImage> {
  const tar = await openTarFile(path, LIMITS).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return imageIn(tar, path, choice);
}

/** The same from a stream; `where` names its origin. */
export async function openArchiveStream(
  stream: AsyncIterable<Buffer>,
  where: string,
  choice: ArchiveChoice,
): Promise<OpenImage> {
  const tar = await openTarStream(stream, LIMITS).catch((error: unknown) => {
    throw unreadable(where, error);
  });
  return imageIn(tar, where, choice);
}

async function imageIn(tar: TarFile, where: string, { kind, name }: ArchiveChoice): Promise<OpenImage> {
  try {
    const files = archiveFiles(where, tar);
    return { image: await readArchive(files, kind, name), close: () => tar.close() };
  } catch (error) {
    await tar.close();
    throw error;
  }
}

async function readArchive(
  files: ImageFiles,
  kind: ArchiveKind,
  name: string | null,
): Promise<Image | ImageIndex> {
  const hasLayout = kind !== 'docker-archive' && (await layoutEntries(files)) !== null;
  const hasManifest = kind !== 'oci-archive' && (await files.find('manifest.json')) !== null;
  if (!hasLayout && !hasManifest) {
    throw new MkbaseError('image/not-found', `\`${files.name}\` is not an image archive`, {
      hint: 'it has neither `index.json` nor `manifest.json`; a root filesystem is taken by `mkbase import`',
    });
  }
  if (!hasManifest) return readLayout(files, name);
  if (!hasLayout) return readDockerManifest(files, name);
  // Where both are there, the layout may not have all the names, but it has the digest.
  try {
    return await readLayout(files, name);
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.code !== 'image/no-such-name') throw error;
    const image = await readDockerManifest(files, name);
    const only = await readLayout(files, null).catch(() => null);
    return only?.kind === 'image' && only.config.digest === image.config.digest ? only : image;
  }
}

/** Files of an archive; of two entries with the same path the last one counts, and links are followed. */
function archiveFiles(name: string, { source, items }: TarFile): ImageFiles {
  const byPath = new Map<string, TarItem<TarContent>>();
  try {
    for (const item of items) byPath.set(cleaned(item.path), item);
  } catch (error) {
    throw unreadable(name, error);
  }
  const resolved = (path: string): typeof path | null => {
    for (let at = path, links = 0; links < 8; links++) {
      const item = byPath.get(at);
      if (item?.type === 'file') return at;
      if (item === undefined || (item.type !== 'symlink' && item.type !== 'hardlink')) return null;
      at = item.type === 'hardlink' ? cleaned(item.link) : cleaned(`${at}/../${item.link}`);
    }
    return null;
  };
  return {
    name,
    async find(path) {
      const at = resolved(cleaned(path));
      if (at === null) return null;
      const item = byPath.get(at)!;
      return {
        size: item.size,
        async *open() {
          yield* contentPieces(source, item.body);
        },
      };
    },
  };
}

/** Without `.` and `..`, which stop at the archive's root. */
function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function unreadable(path: string, error: unknown): MkbaseError {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
    return new MkbaseError('image/not-found', `there is no \`${path}\``, {
      hint: 'name an OCI layout or an archive of an image',
      cause: error,
    });
  }
  return new MkbaseError('image/unreadable', `cannot read ${quoted(path)}: ${reasonOf(error)}`, {
    hint: 'name an OCI layout or an archive of an image that this user can read',
    cause: error,
  });
}
