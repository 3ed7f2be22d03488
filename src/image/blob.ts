import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export type Digest = `sha256:${string}`;

/** A reference to a blob, OCI image specification, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

/** A blob by what it contains; its bytes come when they are asked for, as often as they are. */
export interface Blob extends Descriptor {
  readonly open: () => AsyncIterable<Buffer>;
}

/** A JSON document as a blob: keys in the order given, no white space. */
export function jsonBlob(mediaType: string, value: unknown): Blob {
  return bytesBlob(mediaType, Buffer.from(JSON.stringify(value)));
}

export function bytesBlob(mediaType: string, bytes: Buffer): Blob {
  return {
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

/** A file whose digest and size are known. */
export function fileBlob(descriptor: Descriptor, path: string): Blob {
  return { ...descriptor, open: () => createReadStream(path, { highWaterMark: 2 ** 20 }) };
}

export function digestOf(bytes: Buffer): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The blob without its bytes, keys in the order that Docker and skopeo write. */
export function descriptorOf(blob: Descriptor): Descriptor {
  const { mediaType, digest, size, artifactType, annotations, platform } = blob;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
    ...(platform !== undefined && { platform }),
  };
}

/** All bytes of a small blob. */
export function bytesOf(blob: Blob): Promise<Buffer> {
  return collect(blob.open());
}

/** All pieces of a small stream in one. */
export async function collect(source: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
