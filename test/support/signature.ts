import { createHash, createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { PrivateKey } from 'openpgp';

/** A signature by an RSA key, sound or odd in what is named: everything else as gpg makes it. */
export interface SignatureSpec {
  /** Default 0x00, over a binary document. */
  readonly signatureClass?: number;
  /** Default 4. */
  readonly version?: number;
  /** By OpenPGP's number; default 8, SHA-256. */
  readonly hash?: number;
  /** By OpenPGP's number; default 1, RSA. */
  readonly algorithm?: number;
  /** Null: it does not say. */
  readonly time?: Date | null;
  /** Subpackets beside time and issuer. */
  readonly hashed?: readonly Buffer[];
  /** In place of the issuer's id. */
  readonly unhashed?: readonly Buffer[];
  /** The issuer's fingerprint among the signed subpackets. Default true. */
  readonly issuer?: boolean;
  /** One bit of the signature is turned. */
  readonly isDamaged?: boolean;
  /** The text that it signs, where that differs from its class's. */
  readonly over?: Buffer;
}

export interface Signer {
  readonly key: KeyObject;
  readonly fingerprint: Buffer;
}

export function signerOf(key: PrivateKey): Signer {
  return { key: nodeKey(key), fingerprint: Buffer.from(key.getFingerprint(), 'hex') };
}

export function subpacket(type: number, body: Buffer | string, isCritical = false): Buffer {
  const bytes = Buffer.from(body as string, 'latin1');
  return Buffer.concat([Buffer.from([bytes.length + 1, type | (isCritical ? 0x80 : 0)]), bytes]);
}

export function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

export function uint16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}

const DIGESTS: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  3: 'ripemd160',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
  12: 'sha3-256',
  14: 'sha3-512',
};

/** Classes that cover neither a text nor a key. */
const EMPTY = [0x02, 0x40];

/** One packet, RFC 9580 section 5.2; of the draft's version 5, section 5.2.4 of draft-ietf-openpgp-rfc4880bis-10. */
export function signaturePacket(text: Buffer, signer: Signer, spec: SignatureSpec = {}): Buffer {
  const { signatureClass = 0, version = 4, hash = 8, algorithm = 1, hashed = [], issuer = true } = spec;
  const time = spec.time === undefined ? new Date('2024-01-01T00:00:00Z') : spec.time;
  const seconds = uint32(Math.floor((time?.getTime() ?? 0) / 1000));
  const keyId = signer.fingerprint.subarray(-8);
  const isOld = version < 4;
  const signedPart = Buffer.concat([
    ...(time === null ? [] : [subpacket(2, seconds)]),
    ...(issuer ? [subpacket(33, Buffer.concat([Buffer.from([4]), signer.fingerprint]))] : []),
    ...hashed,
  ]);
  const otherPart = Buffer.concat(spec.unhashed ?? (issuer && version === 4 ? [subpacket(16, keyId)] : []));
  const size = version === 6 ? uint32 : uint16;
  const head = isOld
    ? Buffer.concat([Buffer.from([signatureClass]), seconds])
    : Buffer.concat([
        Buffer.from([version, signatureClass, algorithm, hash]),
        size(signedPart.length),
        signedPart,
      ]);
  const salt = version === 6 ? randomBytes(16) : Buffer.alloc(0);
  const covered = EMPTY.includes(signatureClass) ? Buffer.alloc(0) : text;
  const message = Buffer.concat([salt, spec.over ?? covered, head, trailer(version, head)]);
  const digest = DIGESTS[hash] ?? 'sha256';
  const value = sign(digest, message, signer.key);
  if (spec.isDamaged) value[9]! ^= 1;
  const check = createHash(digest).update(message).digest().subarray(0, 2);
  const body = isOld
    ? [Buffer.from([version, 5]), head, keyId, Buffer.from([algorithm, hash]), check]
    : [head, size(otherPart.length), otherPart, check];
  const salted = version === 6 ? [Buffer.from([salt.length]), salt] : [];
  return framed(Buffer.concat([...body, ...salted, integer(value)]));
}

/** The packets as a block of armor, with the checksum that GnuPG needs where the base64 has no padding. */
export function armored(packets: Buffer): string {
  const lines = packets.toString('base64').match(/.{1,64}/g) ?? [];
  const checksum = Buffer.from([crc24(packets) >> 16, crc24(packets) >> 8, crc24(packets)]).toString(
    'base64',
  );
  return `-----BEGIN PGP SIGNATURE-----\n\n${lines.join('\n')}\n=${checksum}\n-----END PGP SIGNATURE-----\n`;
}

function framed(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x89]), uint16(body.length), body]);
}

function trailer(version: number, head: Buffer): Buffer {
  if (version < 4) return Buffer.alloc(0);
  const mark = Buffer.from([version, 0xff]);
  if (version === 5) return Buffer.concat([Buffer.alloc(6), mark, uint32(0), uint32(head.length)]);
  return Buffer.concat([mark, uint32(head.length)]);
}

function integer(value: Buffer): Buffer {
  const bytes = value.subarray(value.findIndex((byte) => byte !== 0));
  return Buffer.concat([uint16(bytes.length * 8 - (Math.clz32(bytes[0]!) - 24)), bytes]);
}

function crc24(bytes: Buffer): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x800000 ? ((crc << 1) ^ 0x1864cfb) & 0xffffff : crc << 1;
  }
  return crc;
}

/** The same RSA key for Node. */
function nodeKey({ keyPacket }: PrivateKey): KeyObject {
  const { n, e } = keyPacket.publicParams as Record<string, Uint8Array>;
  const { d, p, q } = (keyPacket as unknown as { privateParams: Record<string, Uint8Array> }).privateParams;
  const number = (bytes: Uint8Array | undefined) => BigInt(`0x${Buffer.from(bytes!).toString('hex')}`);
  const [D, P, Q] = [number(d), number(p), number(q)];
  const bytes = (value: bigint) => {
    const hex = value.toString(16);
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  };
  const text = (value: Uint8Array | undefined) => Buffer.from(value!).toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: {
      ...{ kty: 'RSA', n: text(n), e: text(e), d: text(d), p: text(p), q: text(q) },
      dp: text(bytes(D % (P - 1n))),
      dq: text(bytes(D % (Q - 1n))),
      qi: text(bytes(inverse(Q, P))),
    },
  });
}

function inverse(a: bigint, modulus: bigint): bigint {
  let [r, newR, t, newT] = [modulus, a % modulus, 0n, 1n];
  while (newR > 0n) {
    const quotient = r / newR;
    [r, newR, t, newT] = [newR, r - quotient * newR, newT, t - quotient * newT];
  }
  return ((t % modulus) + modulus) % modulus;
}
