import type { Config, Key, PublicKey, SignaturePacket, Subkey } from 'openpgp';
import { MkbaseError, reasonOf } from '../errors.ts';
import { dearmor } from './armor.ts';
import { criticalTypes, splitSignatures } from './signature-packet.ts';
import {
  malformedSignature,
  missingSignature,
  type Refusal,
  refusedSignatures,
} from './signature-refusal.ts';

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
  try {
    const armored = dearmor(bytes.toString('latin1'), 'PGP PUBLIC KEY BLOCK');
    if (armored === null) throw new Error('its armor is cut off or damaged');
    const blocks = armored.length === 0 ? [bytes] : armored;
    return (await Promise.all(blocks.map((binaryKeys) => readKeys({ binaryKeys })))).flat();
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

/** Archives sign with up to four keys; each signature costs a digest of the whole text. */
const MOST_SIGNATURES = 32;

/**
 * The fingerprint (upper-case hex) of the primary key that made a good signature. One good signature
 * by a key that is valid at `now` is enough; those of unknown keys and of kinds that prove nothing
 * are left out. A bad one by a known key is fatal whatever the others say: text and signature
 * do not belong together.
 */
export async function verifySignatures(signed: SignedText, keyring: Keyring, now: Date): Promise<string> {
  const { createMessage } = await openpgp();
  if (signed.signatures.length === 0) throw missingSignature(signed.what);
  const packets = signaturePackets(signed);
  if (packets.length === 0) throw missingSignature(signed.what);
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
  if (bad !== undefined || signer === undefined) throw refusedSignatures(signed.what, bad ? [bad] : refusals);
  return signer;
}

/** The signatures, each by itself: one that the library cannot read says nothing of the others. */
function signaturePackets({ signatures, what }: SignedText): Buffer[] {
  const blocks = signatures.includes('-----BEGIN')
    ? dearmor(signatures.toString('latin1'), 'PGP SIGNATURE')
    : [signatures];
  if (blocks === null) throw malformedSignature(what, 'its armor is cut off or damaged');
  const packets = splitSignatures(Buffer.concat(blocks), MOST_SIGNATURES);
  if (packets === null) throw malformedSignature(what, 'it is malformed or cut off');
  if (packets.length > MOST_SIGNATURES) {
    throw malformedSignature(what, `it holds more than ${MOST_SIGNATURES} signatures`);
  }
  return packets;
}

/** The signer's primary fingerprint, or why the signature does not count. */
async function judge(bytes: Buffer, data: object, keyring: Keyring, now: Date): Promise<string | Refusal> {
  const packet = await readPacket(bytes);
  if (typeof packet === 'string') return { kind: 'unsuitable', keyId: null, reason: packet };
  const id = packet.issuerKeyID;
  const keyId = id.toHex().toUpperCase();
  const refusal = (kind: Refusal['kind'], reason: string): Refusal => ({ kind, keyId, reason });
  // An empty id means any key, and would match the first.
  const key = /^0*$/.test(keyId) ? undefined : keyring.find((candidate) => candidate.getKeys(id).length > 0);
  const component = key?.getKeys(id)[0];
  if (key === undefined || component === undefined) return refusal('unknown', 'no such key is allowed');
  const fault = unsuitability(packet, component);
  if (fault !== undefined) return refusal('unsuitable', fault);
  const weakness = await weaknessOf(packet, component);
  if (weakness !== undefined) return refusal('weak', weakness);
  try {
    await packet.verify(component.keyPacket, packet.signatureType!, data, packet.created!, true);
  } catch (error) {
    const reason = reasonOf(error);
    return refusal(MISMATCHES.includes(reason) ? 'bad' : 'unsuitable', reason);
  }
  if (await isRevoked(key, component, now)) return refusal('revoked', 'the key is revoked');
  const expiry = await expiryOf(key, component, packet, now);
  if (expiry <= now.getTime()) return refusal('expired', `it expired on ${dayOf(expiry)}`);
  try {
    // A null date asks for the structure alone: a subkey that the primary key owns, and both may sign.
    await key.getSigningKey(id, null, undefined, await anyCurve());
  } catch (error) {
    return refusal('unknown', `the key may not sign: ${reasonOf(error)}`);
  }
  return fingerprintOf(key);
}

/** The library's messages for a mismatch of text and signature; its other messages do not say. */
const MISMATCHES = ['Signed digest did not match', 'Signature verification failed'];

/** A packet, or why it cannot be read. */
async function readPacket(bytes: Buffer): Promise<SignaturePacket | string> {
  const { readSignature } = await openpgp();
  try {
    const [packet] = (await readSignature({ binarySignature: new Uint8Array(bytes) })).packets;
    return packet !== undefined && 'issuerKeyID' in packet ? packet : 'its version is not known';
  } catch (error) {
    return reasonOf(error);
  }
}

/** Signatures over a binary document and over a text; all others are over keys, names or nothing at all. */
const CLASSES = [0x00, 0x01];

/**
 * Subpackets that may be critical: times (2, 3, 9), the key (16, 33), and those that say nothing of a document
 * (4, 5, 26, 27, 29), as gpgv has it.
 */
const KNOWN_CRITICAL = [2, 3, 4, 5, 9, 16, 26, 27, 29, 33];

/** MD5 to SHA-224: gpgv knows no other digests; which of them are too weak is judged apart. */
const KNOWN_DIGESTS = [1, 2, 3, 8, 9, 10, 11];

/** Why a signature is none over a text by this key, whatever its digest says. */
function unsuitability(packet: SignaturePacket, { keyPacket }: Key | Subkey): string | undefined {
  const { signatureType, version, created, hashAlgorithm, signatureData } = packet;
  if (!CLASSES.includes(signatureType!)) {
    return `it is of the class 0x${signatureType!.toString(16).padStart(2, '0')}, which covers no text`;
  }
  if (version !== keyPacket.version)
    return `it is of version ${version}, and the key of ${keyPacket.version}`;
  if (version === 4 && !KNOWN_DIGESTS.includes(hashAlgorithm!))
    return `its digest ${hashAlgorithm} is not known`;
  if (created! < keyPacket.created) return 'it is older than the key';
  const critical = criticalTypes(signatureData!).find((type) => !KNOWN_CRITICAL.includes(type));
  return critical === undefined ? undefined : `nobody knows what its critical subpacket ${critical} means`;
}

/** The library's rules plus the curve secp256k1, as in gpgv: keys that a keyring holds are trusted as they are. */
async function anyCurve(): Promise<Config> {
  const { config } = await openpgp();
  return { ...config, rejectCurves: new Set() };
}

/** openpgp refuses these algorithms itself, but its message does not distinguish them from a forgery. */
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

function dayOf(time: number): string {
  return time === 0 ? 'an unknown day' : new Date(time).toISOString().slice(0, 10);
}
