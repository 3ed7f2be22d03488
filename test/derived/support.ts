import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Derived, type DerivedPlace, findDerived, openDerived } from '../../src/derived/derived.ts';
import { folderOfFile } from '../support/folder.ts';

export const KEY = 'ab'.repeat(32);
export const OTHER_KEY = 'cd'.repeat(32);

/** An entry of three blocks, the last of them short. */
export const CONTENT = Buffer.alloc(600_000, 'what was made and can be made again ');

export interface Bench {
  readonly place: DerivedPlace;
  readonly cacheDir: string;
  readonly stateDir: string;
  readonly notices: string[];
  readonly derived: Derived;
}

/** A cache directory and a secret of their own. */
export async function bench(env: Record<string, string> = {}): Promise<Bench> {
  const folder = await folderOfFile();
  const notices: string[] = [];
  const [cacheDir, stateDir] = [join(folder, 'cache'), join(folder, 'state')];
  const place = await findDerived({ env, cacheDir, stateDir }, (message) => notices.push(message));
  if (place === null) throw new Error(notices.join());
  return {
    place,
    cacheDir,
    stateDir,
    notices,
    derived: openDerived(place, (message) => notices.push(message)),
  };
}

export async function* inPieces(bytes: Buffer, size = 100_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All that a stream gives. */
export async function contentOf(pieces: AsyncIterable<Buffer> | undefined): Promise<Buffer | undefined> {
  if (pieces === undefined) return undefined;
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** The files below a folder, by their paths in it. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** Changes the only entry. */
export async function alter({ place }: Bench, change: (bytes: Buffer) => Buffer): Promise<string> {
  const [file] = await filesIn(place.folder);
  await writeFile(file!, change(await readFile(file!)));
  return file!;
}
