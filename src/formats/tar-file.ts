/** Tars on disk, packed or not, read without holding them in memory. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codecOfBytes, MAGIC_LENGTH, unpackedStream } from './decompress-stream.ts';
import { readTarItems, type TarItem } from './tar.ts';
import { fileSource, type TarContent, type TarSource } from './tar-source.ts';

export interface TarFile {
  readonly source: TarSource;
  /**
   * Read anew by each who goes through them, so that none but the one at hand is in memory.
   *
   * @throws MkbaseError as readTarItems
   */
  readonly items: Iterable<TarItem<TarContent>>;
  close(): Promise<void>;
}

export interface TarLimits {
  /** Bytes of the tar, unpacked. */
  readonly size: number;
  /** Bytes of sparse files. */
  readonly holes: number;
}

/**
 * A tar in a file or a pipe. Where it is packed, whatever its name says, it is unpacked into a temporary
 * file without a name.
 *
 * @throws MkbaseError `package/bad-compression`, `package/decompression-bomb`; errors of the system
 */
export async function openTarFile(path: string, limits: TarLimits): Promise<TarFile> {
  const file = await open(path, 'r');
  if ((await file.stat()).isFile() && (await isPlain(file))) return indexed(file, limits);
  try {
    return await openTarStream(
      file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>,
      limits,
    );
  } finally {
    await file.close();
  }
}

async function isPlain(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_LENGTH), 0, MAGIC_LENGTH, 0);
  return codecOfBytes(buffer.subarray(0, bytesRead)) === 'none';
}

/** The same from a stream: standard input, or a layer of an image. */
export async function openTarStream(stream: AsyncIterable<Buffer>, limits: TarLimits): Promise<TarFile> {
  const content = unpackedStream(stream, limits.size);
  const name = join(tmpdir(), `mkbase-${process.pid}-${randomUUID()}.tar`);
  const file = await open(name, 'wx+', 0o600);
  try {
    await unlink(name);
    await writeSparsely(file, content);
  } catch (error) {
    await file.close();
    throw error;
  }
  return indexed(file, limits);
}

const ZEROS = Buffer.alloc(2 ** 20);

/** Pieces of zeros, for gigabytes of which a few bytes can stand, take no room on the disk. */
async function writeSparsely(file: FileHandle, content: AsyncIterable<Buffer>): Promise<void> {
  let at = 0;
  for await (const piece of content) {
    const isHole = piece.length <= ZEROS.length && piece.equals(ZEROS.subarray(0, piece.length));
    for (let done = isHole ? piece.length : 0; done < piece.length; )
      done += (await file.write(piece, done, piece.length - done, at + done)).bytesWritten;
    at += piece.length;
  }
  await file.truncate(at);
}

async function indexed(file: FileHandle, { holes }: TarLimits): Promise<TarFile> {
  const source = fileSource(file.fd, (await file.stat()).size);
  return {
    source,
    items: { [Symbol.iterator]: () => readTarItems(source, holes) },
    close: () => file.close(),
  };
}
