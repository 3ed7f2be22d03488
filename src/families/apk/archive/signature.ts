import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { MkbaseError, quoted, reasonOf } from '../../../errors.ts';
import type { TarEntry } from '../../../formats/tar.ts';

/** A public key as apk has it in `etc/apk/keys`. */
export interface ApkKey {
  /** Its file's name, which signatures name it by: `alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub`. */
  readonly name: string;
  readonly key: KeyObject;
}

/** How `.SIGN.<algorithm>.<key>` was made: PKCS#1 v1.5 over SHA-1, SHA-256 or SHA-512. */
const DIGESTS = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' } as const;
export type SignatureAlgorithm = keyof typeof DIGESTS;

/** Packed bytes with the signatures before them. */
export interface SignedMember {
  /** The entries of the signature member. */
  readonly signatures: readonly Pick<TarEntry, 'path' | 'body'>[];
  readonly signed: Buffer;
  /** Names them in messages. */
  readonly what: string;
}

export interface Signer {
  readonly key: string;
  /** The strongest of the key's. */
  readonly algorithm: SignatureAlgorithm;
}

/** @throws MkbaseError `usage/bad-keyring` */
export function readApkKey({ name, bytes }: { readonly name: string; readonly bytes: Buffer }): ApkKey {
  const hint = 'give a public RSA key of 2048 bits or more in PEM, as in `/etc/apk/keys`';
  const key = parsed();
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits >= LEAST_BITS) return { name, key };
  const reason = bits === 0 ? 'it is no RSA key' : `it has only ${bits} bits`;
  throw new MkbaseError('usage/bad-keyring', `cannot take the key \`${name}\`: ${reason}`, { hint });

  function parsed(): KeyObject {
    try {
      return createPublicKey(bytes);
    } catch (cause) {
      const message = `cannot read the key \`${name}\`: ${reasonOf(cause)}`;
      throw new MkbaseError('usage/bad-keyring', message, { hint, cause });
    }
  }
}

const LEAST_BITS = 2048;

/**
 * The signer. One good signature by an allowed key is enough, and those by other keys or of other
 * kinds are ignored; a bad one by an allowed key is fatal in any case, because the bytes are
 * not those that were signed.
 *
 * @throws MkbaseError `signature/missing`, `signature/bad`, `signature/unknown-key`
 */
export function verifyMember({ signatures, signed, what }: SignedMember, keys: readonly ApkKey[]): Signer {
  const claims = signatures.flatMap(({ path, body }) => {
    const [, algorithm, name] = /^\.SIGN\.(RSA|RSA256|RSA512)\.(.+)$/s.exec(path) ?? [];
    if (algorithm === undefined || name === undefined) return [];
    return [{ algorithm: algorithm as SignatureAlgorithm, name, body }];
  });
  if (claims.length === 0) throw missing(what);
  const known = claims.flatMap((claim) => {
    const key = keys.find(({ name }) => name === claim.name);
    return key === undefined ? [] : [{ ...claim, key: key.key }];
  });
  for (const { algorithm, name, body, key } of known) {
    if (!verify(DIGESTS[algorithm], signed, key, body)) throw bad(what, name);
  }
  const [best] = known.sort((a, b) => compareStrength(b.algorithm, a.algorithm));
  if (best === undefined) throw unknownKey(what, claims);
  return { key: best.name, algorithm: best.algorithm };
}

function compareStrength(a: SignatureAlgorithm, b: SignatureAlgorithm): number {
  const order = Object.keys(DIGESTS);
  return order.indexOf(a) - order.indexOf(b);
}

function missing(what: string): MkbaseError {
  return new MkbaseError('signature/missing', `${what} carries no signature`, {
    hint: 'use a signed repository, or give up authenticity with `--no-check-sig`',
  });
}

function bad(what: string, key: string): MkbaseError {
  return new MkbaseError('signature/bad', `the signature by key ${quoted(key)} over ${what} is bad`, {
    hint: 'it was changed after it was signed: try another mirror, and trust nothing from this one',
  });
}

function unknownKey(what: string, claims: readonly { readonly name: string }[]): MkbaseError {
  const names = [...new Set(claims.map(({ name }) => quoted(name)))].join(', ');
  return new MkbaseError('signature/unknown-key', `${what} is signed by no allowed key, but by ${names}`, {
    hint: 'give the file of the right key, by the name that it has in `/etc/apk/keys`, with `--keyring FILE`',
  });
}
