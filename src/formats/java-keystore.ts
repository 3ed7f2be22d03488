/**
 * Java's own form of a store of trusted certificates ("JKS", sun.security.provider.JavaKeyStore), all
 * numbers big-endian: the magic, 2, a count; of each entry its kind, alias and milliseconds since 1970,
 * the kind and the bytes of its certificate; at last SHA-1 of a password, a constant and all before.
 */
import { createHash } from 'node:crypto';

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;
const DIGEST_LENGTH = 20;

/** The well-known password of Java's own keystore; it protects nothing and is not meant to. */
const PASSWORD = 'changeit';

/**
 * The same store with no entry younger than `latest`, in seconds since 1970. Null where the bytes are no
 * such store, hold a private key or are under another password.
 */
export function clampKeystoreTimes(bytes: Buffer, latest: number): Buffer | null {
  const times = entryTimes(bytes);
  if (times === null) return null;
  const content = Buffer.from(bytes.subarray(0, -DIGEST_LENGTH));
  if (!digestOf(content).equals(bytes.subarray(-DIGEST_LENGTH))) return null;
  const limit = BigInt(latest) * 1000n;
  for (const offset of times) {
    if (content.readBigUInt64BE(offset) > limit) content.writeBigUInt64BE(limit, offset);
  }
  return Buffer.concat([content, digestOf(content)]);
}

/** Where the time of each entry is. */
function entryTimes(bytes: Buffer): readonly number[] | null {
  const times: number[] = [];
  try {
    if (bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== VERSION) return null;
    let offset = 12;
    for (let left = bytes.readUInt32BE(8); left > 0; left--) {
      if (bytes.readUInt32BE(offset) !== TRUSTED_CERTIFICATE) return null;
      offset += 4;
      offset += 2 + bytes.readUInt16BE(offset);
      times.push(offset);
      offset += 8;
      offset += 2 + bytes.readUInt16BE(offset);
      offset += 4 + bytes.readUInt32BE(offset);
    }
    return offset === bytes.length - DIGEST_LENGTH ? times : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function digestOf(content: Buffer): Buffer {
  const password = Buffer.from(PASSWORD, 'utf16le').swap16();
  return createHash('sha1').update(password).update('Mighty Aphrodite').update(content).digest();
}
