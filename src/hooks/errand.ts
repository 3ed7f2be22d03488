/**
 * One half of what a helper does. Files of the host are read and written by the process outside, with the
 * user's own rights and real owners; those of the base by the one inside. Between the two lies a file.
 */
import {
  createWriteStream,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codecOf, decompress } from '../formats/compress.ts';
import { readTar } from '../formats/tar.ts';
import { writeLayer } from '../image/layer.ts';
import { scanTree } from '../rootfs/scan.ts';
import { treeEntry } from '../rootfs/tar-entry.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import { normalizeEntryPath } from '../rootfs/tree-path.ts';
import { createWriter } from '../rootfs/writer.ts';
import type { Give, Take } from './hook.ts';

export type Errand =
  /** Puts what is at `path` into the exchange. */
  | { readonly do: 'give'; readonly how: Give; readonly path: string }
  /** Puts what is in the exchange at `path`. */
  | { readonly do: 'take'; readonly how: Take; readonly path: string };

/** Where an errand is run. */
export interface Side {
  /**
   * The host makes the directories that lead to a path. A link in the way of a directory is replaced there,
   * as an earlier errand may have brought it out of the base; in the base, links to directories stay.
   */
  readonly name: 'host' | 'base';
  /** Whether owners can be set. */
  readonly owners: boolean;
  /** Runs what must see this side's root as `/`. */
  readonly within: <T>(act: () => T) => T;
}

/** Bytes of a tar, unpacked: it is held in memory. */
const LIMIT = 2 * 2 ** 30;

/** @throws Error that says what is not there, or as the system says it */
export async function runErrand(errand: Errand, exchange: string, side: Side): Promise<void> {
  const { path } = errand;
  switch (errand.how) {
    case 'itself':
    case 'contents':
      return pack(path, errand.how, { exchange, side });
    case 'tar':
      return writeFile(exchange, await decompress(codecOf(path), bytesOf(path, side), LIMIT));
    case 'below':
      return unpack(await readFile(exchange), path, side);
    case 'file':
      if (errand.do === 'give') return writeFile(exchange, bytesOf(path, side));
      return write(await readFile(exchange), path, side);
  }
}

function bytesOf(path: string, side: Side): Buffer {
  return side.within(() => {
    if (!find(path, side).isFile()) throw new Error(`\`${path}\` is no file`);
    return readFileSync(path);
  });
}

async function pack(
  path: string,
  what: 'itself' | 'contents',
  { exchange, side }: { readonly exchange: string; readonly side: Side },
): Promise<void> {
  const { root, tree } = side.within(() => {
    const found = find(path, side);
    if (what === 'contents' && !found.isDirectory()) throw new Error(`\`${path}\` is no directory`);
    // A link of the host is copied as a link; in the base a path leads where it does for its programs.
    const root = binary(side.name === 'host' && what === 'itself' ? path : realpathSync(path));
    return { root, tree: scanTree(root) };
  });
  const name = what === 'itself' ? basename(root) : '';
  const open = (member: string) =>
    side.within(() => readFileSync(Buffer.from(`${root}${member.slice(name.length)}`, 'latin1')));
  const tar = writeLayer(below(name, tree), {
    epoch: Number.MAX_SAFE_INTEGER,
    partial: true,
    open: name === '' ? (member) => open(`/${member}`) : open,
  });
  await pipeline(Readable.from(tar), createWriteStream(exchange));
}

/** The tree with everything in it one name deeper. */
function below(name: string, tree: Tree): Tree {
  if (name === '') return tree;
  const deeper = (path: string) => (path === '' ? name : `${name}/${path}`);
  return new Map(
    [...tree].map(([path, entry]): [string, Entry] => [
      deeper(path),
      entry.type === 'hardlink' ? { ...entry, target: deeper(entry.target) } : entry,
    ]),
  );
}

/** As GNU tar does, but for links in the base that lead to directories. */
function unpack(tar: Buffer, path: string, side: Side): void {
  const entries = readTar(tar);
  const refused: string[] = [];
  side.within(() => {
    if (side.name === 'host') mkdirSync(path, { recursive: true });
    if (!find(path, side).isDirectory()) throw new Error(`\`${path}\` is no directory`);
    const base = `${binary(path)}/`;
    // A copied folder's own owner would be no good one for the root of a system.
    const keepsOwn = side.name === 'base' && realpathSync(path) === '/';
    const writer = createWriter({ base, owners: side.owners, refusedNode: (node) => refused.push(node) });
    const directories: (readonly [string, Entry])[] = [];
    for (const { body, ...head } of entries) {
      const name = normalizeEntryPath(head.path);
      const entry = treeEntry(head, normalizeEntryPath);
      if (name === '' && keepsOwn) continue;
      if (entry.type === 'file') writer.replaceFile(name, entry, body);
      else if (entry.type !== 'dir') writer.other(name, entry);
      else if (clearForDirectory(`${base}${name}`, side)) {
        writer.other(name, entry);
        directories.push([name, entry]);
      }
    }
    for (const [name, entry] of directories.reverse()) writer.finishDirectory(name, entry);
  });
  if (refused.length > 0) throw new Error(`this user may not make the device nodes ${refused.join(', ')}`);
}

/** Whether a directory is to be made there, or its owner and mode set. */
function clearForDirectory(path: string, side: Side): boolean {
  const file = Buffer.from(path, 'latin1');
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (there === undefined || there.isDirectory()) return true;
  const behind = there.isSymbolicLink() ? statSync(file, { throwIfNoEntry: false }) : undefined;
  if (side.name === 'base' && behind?.isDirectory()) return false;
  rmSync(file);
  return true;
}

function write(bytes: Buffer, path: string, side: Side): void {
  side.within(() => {
    const parent = dirname(path);
    if (side.name === 'host') mkdirSync(parent, { recursive: true });
    if (!find(parent, side).isDirectory()) throw new Error(`\`${parent}\` is no directory`);
    writeFileSync(path, bytes, { mode: side.name === 'host' ? 0o666 : 0o644 });
  });
}

/** What the path leads to; within. */
function find(path: string, { name }: Side) {
  const found = statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new Error(`there is no \`${path}\` ${name === 'host' ? 'on the host' : 'in the base'}`);
  return found;
}

function binary(path: string): string {
  return Buffer.from(path).toString('latin1');
}
