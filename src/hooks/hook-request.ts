/**
 * One half of what a helper does. Files of the host are read and written by the process outside, with the
 * user's own rights and real owners; those of the base by the one inside. Between the two lies a file.
 */
import { createWriteStream, mkdirSync, type Stats, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codecOf, decompress } from '../formats/compress.ts';
import { readTar } from '../formats/tar.ts';
import { writeLayer } from '../image/layer.ts';
import type { Root } from '../rootfs/root.ts';
import { scanTree } from '../rootfs/scan.ts';
import { treeEntry } from '../rootfs/tar-entry.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import { joined, normalizeEntryPath } from '../rootfs/tree-path.ts';
import { createWriter } from '../rootfs/writer.ts';
import type { Give, Take } from './hook.ts';

export type HookRequest =
  /** Puts what is at `path` into the exchange. */
  | { readonly do: 'give'; readonly how: Give; readonly path: string }
  /** Puts what is in the exchange at `path`. */
  | { readonly do: 'take'; readonly how: Take; readonly path: string };

/** Where a request is run. */
export interface Side {
  /**
   * The host makes the directories that lead to a path. A link in the way of a directory is replaced there,
   * as an earlier request may have brought it out of the base; in the base, links to directories stay.
   */
  readonly name: 'host' | 'base';
  /** Whether owners can be set. */
  readonly owners: boolean;
  /** The root that paths start from. */
  readonly root: Root;
}

/** Bytes of a tar, unpacked: it is held in memory. */
const LIMIT = 2 * 2 ** 30;

/** @throws Error that says what is not there, or as the system says it */
export async function runHookRequest(request: HookRequest, exchange: string, side: Side): Promise<void> {
  try {
    await run(request, exchange, side);
  } finally {
    side.root.release();
  }
}

async function run(request: HookRequest, exchange: string, side: Side): Promise<void> {
  const { path } = request;
  switch (request.how) {
    case 'itself':
    case 'contents':
      return pack(path, request.how, { exchange, side });
    case 'tar':
      return writeFile(exchange, await decompress(codecOf(path), bytesOf(path, side), LIMIT));
    case 'below':
      return unpack(await readFile(exchange), path, side);
    case 'file':
      if (request.do === 'give') return writeFile(exchange, bytesOf(path, side));
      return write(await readFile(exchange), path, side);
  }
}

function bytesOf(path: string, side: Side): Buffer {
  const { real, stats } = find(path, side);
  if (!stats.isFile()) throw new Error(`\`${path}\` is not a file`);
  const contents = side.root.contents(real, stats.size);
  return Buffer.isBuffer(contents) ? contents : Buffer.concat([...contents]);
}

async function pack(
  path: string,
  what: 'itself' | 'contents',
  { exchange, side }: { readonly exchange: string; readonly side: Side },
): Promise<void> {
  const { root } = side;
  const found = find(path, side);
  if (what === 'contents' && !found.stats.isDirectory()) throw new Error(`\`${path}\` is not a directory`);
  // A link of the host is copied as a link; in the base a path leads where it does for its programs.
  const start = side.name === 'host' && what === 'itself' ? root.resolve(binary(path)) : found.real;
  const name = what === 'itself' ? basename(start) : '';
  const tar = writeLayer(below(name, scanTree(root, { start })), {
    epoch: Number.MAX_SAFE_INTEGER,
    partial: true,
    open: (member, size) =>
      root.contents(joined(start, name === '' ? member : member.slice(name.length + 1)), size),
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
  const refused: string[] = [];
  if (side.name === 'host') mkdirSync(path, { recursive: true });
  const { real, stats } = find(path, side);
  if (!stats.isDirectory()) throw new Error(`\`${path}\` is not a directory`);
  const at = (name: string) => joined(real, normalizeEntryPath(name));
  const { root, owners } = side;
  const writer = createWriter({ root, owners, refusedNode: (node) => refused.push(node) });
  const directories: (readonly [string, Entry])[] = [];
  for (const { body, ...head } of readTar(tar)) {
    const place = at(head.path);
    const entry = treeEntry(head, at);
    // A copied folder's own owner would be no good one for the root of a system.
    if (place === '' && side.name === 'base') continue;
    if (entry.type === 'file') writer.replaceFile(place, entry, body);
    else if (entry.type !== 'dir') writer.other(place, entry);
    else if (clearForDirectory(place, side)) {
      writer.other(place, entry);
      directories.push([place, entry]);
    }
  }
  for (const [name, entry] of directories.reverse()) writer.finishDirectory(name, entry);
  if (refused.length > 0) throw new Error(`this user may not make the device nodes ${refused.join(', ')}`);
}

/** Whether a directory is to be made there, or its owner and mode set. */
function clearForDirectory(path: string, { root, name }: Side): boolean {
  const there = root.stat(path);
  if (there === undefined || there.isDirectory()) return true;
  const behind = there.isSymbolicLink() ? root.stat(root.follow(path)) : undefined;
  if (name === 'base' && behind?.isDirectory()) return false;
  root.unlink(path);
  return true;
}

function write(bytes: Buffer, path: string, side: Side): void {
  const parent = dirname(path);
  if (side.name === 'host') mkdirSync(parent, { recursive: true });
  if (!find(parent, side).stats.isDirectory()) throw new Error(`\`${parent}\` is not a directory`);
  if (side.name === 'host') writeFileSync(path, bytes, { mode: 0o666 });
  else side.root.write(side.root.follow(binary(path)), 0o644, bytes);
}

/** The file that the path leads to. */
function find(path: string, { name, root }: Side): { readonly real: string; readonly stats: Stats } {
  for (const real of [root.follow(binary(path)), root.resolve(binary(path))]) {
    const stats = root.stat(real);
    if (stats !== undefined) return { real, stats };
  }
  throw new Error(`there is no \`${path}\` ${name === 'host' ? 'on the host' : 'in the base'}`);
}

function binary(path: string): string {
  return Buffer.from(path).toString('latin1');
}
