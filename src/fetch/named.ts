import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import type { Durability } from '../durable.ts';
import { namedPath, partialFolder } from './layout.ts';
import { writeInto } from './partial.ts';

const DIGEST_BYTES = 32;

/** The value of a key, or null where there is none or it was damaged (a crash can leave a hollow file). */
export async function readNamed(directory: string, key: string): Promise<Buffer | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(namedPath(directory, key));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null;
    throw error;
  }
  const value = bytes.subarray(DIGEST_BYTES);
  return sha256(value).equals(bytes.subarray(0, DIGEST_BYTES)) ? value : null;
}

/** Sets the value of a key in one step; of two runs at once, one wins. */
export async function writeNamed(
  directory: string,
  { key, fsync = false }: Durability & { readonly key: string },
  value: Buffer,
): Promise<void> {
  const folder = partialFolder(directory);
  await mkdir(folder, { recursive: true });
  await writeInto(folder, namedPath(directory, key), Buffer.concat([sha256(value), value]), { fsync });
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
