import type { Key, PublicKey, SignaturePacket, Subkey } from 'openpgp';
import { MkbaseError, reasonOf } from '../errors.ts';

/** Keys whose signatures count. */
export type Keyring = readonly PublicKey[];

/** A text with the signatures over it, RFC 9580 section 7, or a file and its detached signatures, section 10.4. */
export interface SignedText {
  readonly text: Buffer;
  /** ASCII-armored or binary. */
  readonly signatures: Buffer;
  /** Names the text in messages: `bookworm's InRelease`. */
  readonly what: string;
}

/** The library takes 0.1 s of CPU to load, which only a build with an index pays. */
const openpgp = () => import('openpgp');

/** The keys of a file, armored or binary, one or many. */
export async function readKeyring(bytes: Buffer, name: string): Promise<Keyring> {
  const { readKeys } = await openpgp();
  const text = bytes.toString('latin1');
  const armored = text.match(
    /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g,
  );
  try {
    if (armored === null) return await readKeys({ binaryKeys: bytes });
    return (await Promise.all(armored.map((armoredKeys) => readKeys({ armoredKeys })))).flat();
  } catch (cause) {
    throw new MkbaseError('usage/bad-keyring', `cannot read keys from \`${name}\`: ${reasonOf(cause)}`, {
      hint: 'give OpenPGP public keys, armored or binary; a GnuPG keybox is converted by `gpg --export`',
      cause,
    });
  }
}

/** The keys in one armored block, as apt takes them in `Signed-By`. */
export async function armorKeyring(keyring: Keyring): Promise<string> {
  const { armor, enums } = await openpgp();
  return armor(enums.armor.publicKey, binaryKeyring(keyring));
}

/** The keys one after the other, which every apt reads. */
export function binaryKeyring(keyring: Keyring): Buffer {
  return Buffer.concat(keyring.map((key) => key.write()));
}

/** Upper-case hex. */
export function fingerprintOf(key: PublicKey): string {
  return key.getFingerprint().toUpperCase();
}

/**
 * The fingerprint (upper-case hex) of the primary key that made a good signature. One good signature
 * by a key that is valid at `now` is enough; those of unknown keys and of algorithms that prove nothing
 * any more are left out. A bad one by a known key is fatal whatever the others say: text and signature
 * do not belong together.
 */
export async function verifySignatures(signed: SignedText, keyring: Keyring, now: Date): Promise<string> {
  const { createMessage } = await openpgp();
  if (signed.signatures.length === 0) throw missing(signed.what);
  const packets = await signaturePackets(signed);
  if (packets.length === 0) throw missing(signed.what);
  // The library looks for the ends of lines, one by one: on a Buffer that takes twice as long.
  const [literal] = (await createMessage({ binary: new Uint8Array(signed.text) })).packets;
  const refusals: Refusal[] = [];
  let signer: string | undefined;
  for (const packet of packets) {
    const outcome = await judge(packet, literal!, keyring, now);
    if (typeof outcome === 'string') signer ??= outcome;
    else refusals.push(outcome);
  }
  const bad = refusals.find(({ kind }) => kind === 'bad');
  if (bad !== undefined || signer === undefined) throw refused(signed.what, bad ? [bad] : refusals);
  return signer;
}

/** A signature that does not count, in the order in which one explains a refusal better than the next. */
interface Refusal {
  readonly kind: 'bad' | 'revoked' | 'expired' | 'weak' | 'unknown';
  readonly keyId: string;
  readonly reason: string;
}

/** The signer's primary fingerprint, or why the signature does not count. */
async function judge(
  packet: SignaturePacket,
  data: object,
  keyring: Keyring,
  now: Date,
): Promise<string | Refusal> {
  const keyId = packet.issuerKeyID.toHex().toUpperCase();
  const refusal = (kind: Refusal['kind'], reason: string): Refusal => ({ kind, keyId, reason });
  const key = keyring.find((candidate) => candidate.getKeys(packet.issuerKeyID).length > 0);
  const component = key?.getKeys(packet.issuerKeyID)[0];
  if (key === undefined || component === undefined) return refusal('unknown', 'no such key is allowed');
  const weakness = await weaknessOf(packet, component);
  if (weakness !== undefined) return refusal('weak', weakness);
  try {
    await packet.verify(component.keyPacket, packet.signatureType!, data, packet.created!, true);
  } catch (error) {
    return refusal('bad', reasonOf(error));
  }
  if (await isRevoked(key, component, now)) return refusal('revoked', 'the key is revoked');
  const expiry = await expiryOf(key, component, packet, now);
  if (expiry <= now.getTime()) return refusal('expired', `it expired on ${dayOf(expiry)}`);
  try {
    // A null date asks for the structure alone: a subkey that the primary key owns, and both may sign.
    await key.getSigningKey(packet.issuerKeyID, null);
  } catch (error) {
    return refusal('unknown', `the key may not sign: ${reasonOf(error)}`);
  }
  return fingerprintOf(key);
}

/** openpgp refuses these algorithms itself, but in words that do not tell them from a forgery. */
async function weaknessOf(packet: SignaturePacket, component: Key | Subkey): Promise<string | undefined> {
  const { config } = await openpgp();
  if (config.rejectMessageHashAlgorithms.has(packet.hashAlgorithm!)) return 'its digest is too weak';
  if (config.rejectPublicKeyAlgorithms.has(component.keyPacket.algorithm)) return 'its algorithm is too weak';
  const { bits } = component.getAlgorithmInfo();
  if (bits !== undefined && bits < config.minRSABits) return `a key of ${bits} bits is too weak`;
  return undefined;
}

async function isRevoked(key: PublicKey, component: Key | Subkey, now: Date): Promise<boolean> {
  if (await key.isRevoked(undefined, undefined, now)) return true;
  if (!('bindingSignatures' in component)) return false;
  const [binding] = component.bindingSignatures;
  return binding !== undefined && component.isRevoked(binding, key.keyPacket, now);
}

/** Milliseconds since 1970 at which the first of the primary key, the signing subkey and the signature expires. */
async function expiryOf(
  key: PublicKey,
  component: Key | Subkey,
  packet: SignaturePacket,
  now: Date,
): Promise<number> {
  const subkey = 'bindingSignatures' in component ? await component.getExpirationTime(now) : Infinity;
  const times = [await key.getExpirationTime(), subkey, packet.getExpirationTime()];
  // Null: no self-signature or binding holds, so nothing says that the key is good until later.
  return Math.min(...times.map((time) => (time === null ? 0 : Number(time))));
}

async function signaturePackets(signed: SignedText): Promise<SignaturePacket[]> {
  const { readSignature } = await openpgp();
  try {
    const armored = signed.signatures.toString('latin1');
    const { packets } = armored.includes('-----BEGIN PGP SIGNATURE-----')
      ? await readSignature({ armoredSignature: armored })
      : await readSignature({ binarySignature: signed.signatures });
    return [...packets].filter((packet) => 'issuerKeyID' in packet && packet.created !== null);
  } catch (cause) {
    throw new MkbaseError(
      'signature/malformed',
      `cannot read the signature of ${signed.what}: ${reasonOf(cause)}`,
      { hint: 'the mirror may be broken: try another one with `--mirror URL`', cause },
    );
  }
}

function missing(what: string): MkbaseError {
  return new MkbaseError('signature/missing', `${what} carries no signature`, {
    hint: 'use a signed archive, or give up authenticity with `--no-check-sig`',
  });
}

function refused(what: string, refusals: readonly Refusal[]): MkbaseError {
  const has = (kind: Refusal['kind']): boolean => refusals.some((refusal) => refusal.kind === kind);
  const keys = [...new Set(refusals.map(({ keyId }) => `\`${keyId}\``))].join(', ');
  const details = refusals.map(({ keyId, reason }) => `signature by key ${keyId}: ${reason}`);
  const error = (code: `signature/${string}`, message: string, hint: string): MkbaseError =>
    new MkbaseError(code, message, { hint, details });
  if (has('bad')) {
    return error(
      'signature/bad',
      `the signature by key ${keys} over ${what} is bad`,
      'the text was changed after it was signed: try another mirror, and trust nothing from this one',
    );
  }
  if (has('revoked')) {
    return error(
      'signature/key-revoked',
      `${what} is signed by a revoked key: ${keys}`,
      'give the key that signs today with `--keyring FILE`',
    );
  }
  if (has('expired')) {
    return error(
      'signature/key-expired',
      `${what} is signed by a key that has expired: ${keys}`,
      'give a renewed key with `--keyring FILE`, or give up authenticity with `--no-check-sig`',
    );
  }
  if (has('weak')) {
    return error(
      'signature/weak',
      `${what} has no signature of a strength that counts: ${keys}`,
      'use a mirror of an archive that signs with RSA of 2048 bits or more, or Ed25519',
    );
  }
  return error(
    'signature/unknown-key',
    `${what} is signed by no allowed key, but by ${keys}`,
    'name the file of the right keys with `--keyring FILE`, or in the `Signed-By` of its source',
  );
}

function dayOf(time: number): string {
  return time === 0 ? 'an unknown day' : new Date(time).toISOString().slice(0, 10);
}
