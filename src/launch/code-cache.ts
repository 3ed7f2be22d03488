/**
 * V8's compiled code of a bundle, beside it: `host.js` has `host.11.3.244.8-node.33-x64.cache`, for the V8 and the
 * kind of machine that made it. V8 itself looks at the length of the source, its own version and its flags, and may
 * end the process where the rest is damaged: what is read here was held to its digest.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A bundle ends in the digest of what is before it, base64, in a comment: so is its code known without reading it all. */
export const MARK = 28;
/** Bytes before V8's own: the bundle's mark, the digest of what follows. */
const HEAD = MARK + 20;

export function codeCacheFile(bundle: string): string {
  return `${bundle.replace(/\.js$/, '')}.${process.versions.v8}-${process.arch}.cache`;
}

/** The content of the file. */
export function sealedCode(source: string, code: Buffer): Buffer {
  return Buffer.concat([Buffer.from(source.slice(-MARK)), digestOf(code), code]);
}

/** The code for V8 beside the source; null where there is none for this V8, or it is damaged or of another source. */
export function readCodeCache(bundle: string, source: string): Buffer | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(codeCacheFile(bundle));
  } catch {
    return null;
  }
  const code = bytes.subarray(HEAD);
  const isOf = bytes.toString('latin1', 0, MARK) === source.slice(-MARK);
  return isOf && digestOf(code).equals(bytes.subarray(MARK, HEAD)) ? code : null;
}

export function digestOf(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest();
}
