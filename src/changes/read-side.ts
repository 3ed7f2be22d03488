/** Reads what is to be compared: a lock so far as its file goes. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readLocks } from '../lock-file.ts';
import { type Side, sideOfLocks } from './compare.ts';

export async function readSide(text: string, { cwd }: { readonly cwd: string }): Promise<Side> {
  const path = resolve(cwd, text);
  return sideOfLocks(text, await readLocks(await readFile(path, 'utf8'), path));
}
