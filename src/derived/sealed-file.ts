/**
 * A file whose bytes are known to be those that were written by who has the secret. Behind a head come blocks of
 * 256 KiB, each with a seal of its own, so that a stream is used as it is checked: what was checked is what is in
 * memory, whatever happens to the file meanwhile. Each seal is the HMAC-SHA256 of the entry's name, a number drawn
 * for this file, the block's place and its bytes; that of the head covers the length, so that neither an end that
 * is missing nor a block of another file goes unseen.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** The inputs of a seal. */
export interface Sealing {
  /** Hex. */
  readonly secret: string;
  /** The entry's kind, and the digest of its inputs: `result/HEX`. */
  readonly name: string;
}

/** It was not sealed so, or has changed since. */
export class BrokenSeal extends Error {}

const MAGIC = Buffer.from('mkbase sealed 1\n');
const ID = 16;
const SEAL = 32;
/** Magic, number, length (64 bits, big-endian), seal. */
const HEAD = MAGIC.length + ID + 8 + SEAL;
const BLOCK = 256 * 2 ** 10;

/** Writes the pieces to an open, empty file. */
export async function writeSealed(
  file: FileHandle,
  pieces: AsyncIterable<Uint8Array>,
  sealing: Sealing,
): Promise<void> {
  const id = randomBytes(ID);
  const sealOf = sealer(sealing, id);
  const block = Buffer.allocUnsafe(BLOCK);
  let [length, blocks, filled, at] = [0, 0, 0, HEAD];
  const flush = async () => {
    const bytes = block.subarray(0, filled);
    await writeExactly(file, [bytes, sealOf('block', blocks, bytes)], at);
    at += filled + SEAL;
    blocks++;
    filled = 0;
  };
  for await (const piece of pieces) {
    length += piece.length;
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + BLOCK - filled);
      block.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled === BLOCK) await flush();
    }
  }
  if (filled > 0) await flush();
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(length));
  await writeExactly(file, [MAGIC, id, size, sealOf('head', length)], 0);
}

/** One of the two is to be called, once: the file is closed behind it. */
export interface SealedFile {
  /** @throws BrokenSeal before anything of a block is given */
  pieces(): AsyncGenerator<Buffer>;
  /** @throws BrokenSeal */
  whole(): Promise<Buffer>;
}

/**
 * Opens one, and no link, pipe or file of another user.
 *
 * @throws BrokenSeal, and Error of the system
 */
export async function openSealed(path: string, sealing: Sealing): Promise<SealedFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.uid !== process.geteuid?.())
      throw new BrokenSeal('it is not a file of this user');
    const head = Buffer.alloc(HEAD);
    if ((await file.read(head, 0, HEAD, 0)).bytesRead !== HEAD) throw new BrokenSeal('its end is missing');
    if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw new BrokenSeal('it is of another format');
    const id = head.subarray(MAGIC.length, MAGIC.length + ID);
    const length = Number(head.readBigUInt64BE(MAGIC.length + ID));
    const sealOf = sealer(sealing, id);
    check(head.subarray(HEAD - SEAL), sealOf('head', length));
    if (found.size !== HEAD + length + Math.ceil(length / BLOCK) * SEAL)
      throw new BrokenSeal('its end is missing');
    // The next run tells from it what was of use lately.
    const now = new Date();
    await file.utimes(now, now).catch(() => {});
    const content = { file, length, sealOf };
    return { pieces: () => piecesOf(content), whole: () => wholeOf(content) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The next block is read while this one is checked and used. */
async function* piecesOf(content: Content): AsyncGenerator<Buffer> {
  const blocks = Math.ceil(content.length / BLOCK);
  const begin = (block: number) => {
    const bytes = Buffer.allocUnsafe(Math.min(BLOCK, content.length - block * BLOCK));
    const reading = readBlock(content, block, bytes).then((seal) => ({ bytes, seal }));
    reading.catch(() => {}); // Reported when it is awaited.
    return reading;
  };
  let next = blocks === 0 ? undefined : begin(0);
  try {
    for (let block = 0; block < blocks; block++) {
      const { bytes, seal } = await next!;
      next = block + 1 < blocks ? begin(block + 1) : undefined;
      check(seal, content.sealOf('block', block, bytes));
      yield bytes;
    }
  } finally {
    await next?.catch(() => {});
    await content.file.close();
  }
}

/** Each block is read to where it stays: a copy of each would be garbage for longer than it was of use. */
async function wholeOf(content: Content): Promise<Buffer> {
  try {
    const whole = Buffer.allocUnsafeSlow(content.length);
    for (let block = 0; block * BLOCK < whole.length; block++) {
      const bytes = whole.subarray(block * BLOCK, (block + 1) * BLOCK);
      check(await readBlock(content, block, bytes), content.sealOf('block', block, bytes));
    }
    return whole;
  } finally {
    await content.file.close();
  }
}

interface Content {
  readonly file: FileHandle;
  readonly length: number;
  readonly sealOf: Sealer;
}

/** The seal of the block, which is read and not checked. */
async function readBlock({ file }: Content, block: number, into: Buffer): Promise<Buffer> {
  const seal = Buffer.alloc(SEAL);
  const { bytesRead } = await file.readv([into, seal], HEAD + block * (BLOCK + SEAL));
  if (bytesRead !== into.length + SEAL) throw new BrokenSeal('its end is missing');
  return seal;
}

type Sealer = (what: 'head' | 'block', number: number, bytes?: Buffer) => Buffer;

function sealer({ secret, name }: Sealing, id: Buffer): Sealer {
  const key = Buffer.from(secret, 'hex');
  return (what, number, bytes = Buffer.alloc(0)) => {
    return createHmac('sha256', key).update(`${what} ${number} ${name}\n`).update(id).update(bytes).digest();
  };
}

function check(seal: Buffer, right: Buffer): void {
  if (!timingSafeEqual(seal, right)) throw new BrokenSeal('its seal is wrong');
}

/** A disk that is nearly full takes a part. */
async function writeExactly(file: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev(buffers, position);
  if (bytesWritten !== buffers.reduce((sum, { length }) => sum + length, 0))
    throw new Error('no space is left');
}
