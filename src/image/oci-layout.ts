/** Writes images into an OCI layout on disk, beside what is in it. */
import { createHash } from 'node:crypto';
import { lstat, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Durability, makeFolder, syncFolder } from '../durable.ts';
import { MkbaseError, reasonOf } from '../errors.ts';
import type { Blob, Descriptor } from './blob.ts';
import { blobsOf, type Image, type ImageIndex } from './image.ts';
import { blobPath, LAYOUT_FILE, layoutEntry, layoutIndex } from './layout.ts';
import { replaceFile } from './replace-file.ts';

/**
 * index.json comes last, by a rename: at every moment the layout is whole, with the image or
 * without it. A blob that is there already is read, and written again where it is damaged.
 *
 * @throws MkbaseError `target/not-a-layout`
 */
export async function writeOciLayout(
  image: Image | ImageIndex,
  { directory, tags, fsync = true }: LayoutPlace,
): Promise<void> {
  for (const name of ['index.json', LAYOUT_FILE.name]) await refuseOther(directory, name);
  const before = await readIndex(directory);
  const names = tags.length === 0 ? [null] : tags;
  const entries = names.map((tag) => layoutEntry(image, { tag, full: null }));
  const firstMade = await makeFolder(directory, { fsync });
  try {
    // First: a run that was killed leaves what the next one takes for a layout.
    await replaceFile(join(directory, LAYOUT_FILE.name), [Buffer.from(LAYOUT_FILE.content)], {
      fsync,
    });
    for (const blob of blobsOf(image)) await writeBlob(blob, { directory, fsync });
    await replaceFile(join(directory, 'index.json'), [layoutIndex(entries, before)], { fsync });
  } catch (error) {
    if (firstMade !== undefined) await rm(firstMade, { recursive: true, force: true });
    throw error;
  }
}

interface LayoutPlace extends Durability {
  readonly directory: string;
  readonly tags: readonly string[];
}

async function readIndex(directory: string): Promise<readonly Descriptor[]> {
  const text = await readFile(join(directory, 'index.json'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw notALayout(directory, reasonOf(error), error);
  });
  if (text === null) return [];
  try {
    const { manifests } = JSON.parse(text) as { readonly manifests: readonly Descriptor[] };
    if (!Array.isArray(manifests)) throw new Error('`index.json` has no list of manifests');
    return manifests;
  } catch (error) {
    throw notALayout(directory, reasonOf(error), error);
  }
}

async function writeBlob(
  blob: Blob,
  { directory, fsync }: Required<Omit<LayoutPlace, 'tags'>>,
): Promise<void> {
  await refuseOther(directory, blobPath(blob));
  const path = join(directory, blobPath(blob));
  if (!(await holdsBlob(path, blob, fsync))) return replaceFile(path, blob.open(), { fsync });
  if (fsync) await syncFolder(dirname(path));
}

/**
 * A layout may be of another's making: through a link in it something else would be written, and a pipe would be
 * waited for. The directory itself, as the user names it, may be behind a link.
 */
async function refuseOther(directory: string, path: string): Promise<void> {
  const names = path.split('/');
  for (const length of names.keys()) {
    const place = names.slice(0, length + 1).join('/');
    const found = await lstat(join(directory, place)).catch(() => null);
    if (found === null) return;
    const [isSound, kind] = place === path ? [found.isFile(), 'file'] : [found.isDirectory(), 'directory'];
    if (!isSound) throw notALayout(directory, `\`${place}\` in it is not a ${kind}`, null);
  }
}

/** Whether the file is what its name says, by its digest: a disk or a loss of power leaves its size as it was. */
async function holdsBlob(path: string, { digest, size }: Blob, fsync: boolean): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return false;
  try {
    if ((await file.stat()).size !== size) return false;
    const hash = createHash('sha256');
    for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
      hash.update(piece);
    }
    if (`sha256:${hash.digest('hex')}` !== digest) return false;
    // Its writer may have left it in memory.
    if (fsync) await file.sync();
    return true;
  } catch {
    return false; // What cannot be read is written again.
  } finally {
    await file.close();
  }
}

function notALayout(directory: string, reason: string, cause: unknown): MkbaseError {
  return new MkbaseError('target/not-a-layout', `\`${directory}\` is no OCI layout: ${reason}`, {
    hint: 'name a directory that does not exist yet, or a layout that can be read',
    cause,
  });
}
