/**
 * A root filesystem as a stream of bytes, and back: a number of 8 bytes, big-endian, a head of that length in JSON
 * with all entries in the order in which they are to be made, and the contents of the files among them. Owners are
 * set, and so are times to the microsecond.
 */
import type { Root } from './root.ts';
import { type ListingOrder, scanTree } from './scan.ts';
import type { Entry, EntryMeta } from './tree.ts';
import { createWriter } from './writer.ts';

interface Head {
  readonly about: unknown;
  readonly entries: readonly (readonly [string, Entry])[];
}

/** The tree, which nobody may be changing meanwhile; null where it has something that cannot be packed. */
export function packTree(
  root: Root,
  about: object,
  without: ReadonlySet<string>,
): AsyncIterable<Buffer> | null {
  let hasSocket = false;
  const onSocket = () => {
    hasSocket = true;
  };
  const tree = scanTree(root, { order: listingOrder(root), times: 'exact', onSocket });
  for (const path of without) tree.delete(path);
  return hasSocket ? null : piecesOf(root, { about, entries: [...tree] });
}

async function* piecesOf(root: Root, head: Head): AsyncGenerator<Buffer> {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(text.length));
  yield length;
  yield text;
  for (const [path, entry] of head.entries) {
    if (entry.type !== 'file' || entry.size === 0) continue;
    let left = entry.size;
    const contents = root.contents(path, entry.size);
    for (const piece of Buffer.isBuffer(contents) ? [contents] : contents) {
      left -= piece.length;
      yield piece;
    }
    if (left !== 0) throw new Error(`/${path} has changed while it was packed`);
  }
  root.release();
}

export interface PackedTree {
  /** As it was given to {@link packTree}. */
  readonly about: unknown;
  /** Makes all of it in an empty root; `retimed` gives the times, false for what the system does not let be made. */
  unpack(root: Root, retimed: (path: string, time: number) => number): Promise<boolean>;
  /** In place of unpacking it. */
  close(): Promise<void>;
}

/** Reads the head. @throws what the pieces throw */
export async function openPacked(pieces: AsyncGenerator<Buffer>): Promise<PackedTree> {
  const take = taker(pieces);
  const [length] = await take(8);
  const text = Buffer.concat(await take(Number(length!.readBigUInt64BE())));
  const { about, entries } = JSON.parse(text.toString()) as Head;
  return {
    about,
    async unpack(root, retimed) {
      try {
        return await unpack(entries, { root, retimed, take });
      } finally {
        root.release();
        await pieces.return(undefined);
      }
    },
    async close() {
      await pieces.return(undefined);
    },
  };
}

interface UnpackOptions {
  readonly root: Root;
  readonly retimed: (path: string, time: number) => number;
  readonly take: (length: number) => Promise<Buffer[]>;
}

async function unpack(entries: Head['entries'], { root, retimed, take }: UnpackOptions): Promise<boolean> {
  let isWhole = true;
  const refusedNode = () => {
    isWhole = false;
  };
  const writer = createWriter({ root, owners: true, refusedNode });
  const dated = (path: string, entry: Entry): Entry => ({ ...entry, mtime: retimed(path, entry.mtime) });
  for (const [path, entry] of entries) {
    if (entry.type === 'file') writer.file(path, dated(path, entry), await take(entry.size));
    else if (path !== '') writer.other(path, dated(path, entry));
  }
  for (const [path, entry] of entries.toReversed()) {
    if (entry.type === 'dir') writer.finishDirectory(path, dated(path, entry) as EntryMeta);
  }
  return isWhole;
}

/** Gives so many bytes of a stream at a time. */
function taker(pieces: AsyncGenerator<Buffer>): (length: number) => Promise<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  return async (length) => {
    const taken: Buffer[] = [];
    for (let left = length; left > 0; ) {
      if (rest.length === 0) {
        const next = await pieces.next();
        if (next.done === true) throw new Error('the packed tree ends too early');
        rest = next.value;
      }
      const part = rest.subarray(0, left);
      taken.push(part);
      rest = rest.subarray(part.length);
      left -= part.length;
    }
    return taken;
  };
}

const PROBE = '.mkbase-order';

/** How this root's file system lists what is made in it. */
function listingOrder(root: Root): ListingOrder {
  const { mtimeMs } = root.stat('')!;
  for (const name of ['1', '2']) root.makeDirectory(`${PROBE}/${name}`);
  const [first] = root.listing(PROBE);
  root.removeAll(PROBE);
  root.setTime('', mtimeMs / 1000);
  return first === '2' ? 'newest-first' : 'oldest-first';
}
