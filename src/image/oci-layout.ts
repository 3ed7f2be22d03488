/** Writes images into an OCI layout on disk, beside what is in it. */
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import type { Blob, Descriptor } from './blob.ts';
import { blobsOf, type Image, type ImageIndex } from './image.ts';
import { blobPath, LAYOUT_FILE, layoutEntry, layoutIndex } from './layout.ts';
import { replaceFile } from './replace-file.ts';

/**
 * index.json comes last, by a rename: at every moment the layout is whole, with the image or
 * without it.
 *
 * @throws MkbaseError `target/not-a-layout`
 */
export async function writeOciLayout(
  image: Image | ImageIndex,
  { directory, tags }: { readonly directory: string; readonly tags: readonly string[] },
): Promise<void> {
  const before = await readIndex(directory);
  const names = tags.length === 0 ? [null] : tags;
  const entries = names.map((tag) => layoutEntry(image, { tag, full: null }));
  const firstMade = await mkdir(directory, { recursive: true });
  try {
    // First: a run that was killed leaves what the next one takes for a layout.
    await replaceFile(join(directory, LAYOUT_FILE.name), [Buffer.from(LAYOUT_FILE.content)]);
    for (const blob of blobsOf(image)) await writeBlob(blob, directory);
    await replaceFile(join(directory, 'index.json'), [layoutIndex(entries, before)]);
  } catch (error) {
    if (firstMade !== undefined) await rm(firstMade, { recursive: true, force: true });
    throw error;
  }
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

async function writeBlob(blob: Blob, directory: string): Promise<void> {
  const path = join(directory, blobPath(blob));
  if ((await stat(path).catch(() => null))?.size === blob.size) return;
  await replaceFile(path, blob.open());
}

function notALayout(directory: string, reason: string, cause: unknown): MkbaseError {
  return new MkbaseError('target/not-a-layout', `\`${directory}\` is no OCI layout: ${reason}`, {
    hint: 'name a directory that does not exist yet, or a layout that can be read',
    cause,
  });
}
