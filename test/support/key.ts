import {
  createCleartextMessage,
  createMessage,
  enums,
  generateKey,
  type PrivateKey,
  type PublicKey,
  revokeKey,
  sign,
} from 'openpgp';

/** A key that signs test repositories, as an archive key is: one primary key that signs by itself. */
export interface TestKey {
  readonly privateKey: PrivateKey;
  /** The content of a keyring file, ASCII-armoured. */
  readonly armored: string;
  /** The content of a keyring file, binary. */
  readonly binary: Buffer;
  /** Lower-case hex. */
  readonly fingerprint: string;
}

export interface KeyOptions {
  readonly name?: string;
  /** `ed25519` (default) is the archive's algorithm 22, and quick to make. */
  readonly type?: 'ed25519' | 'rsa';
  /** Default 2020-01-01. */
  readonly created?: Date;
  /** The key is no longer valid after this time. */
  readonly expires?: Date;
  /** The keyring holds the key with a revocation made at this time. */
  readonly revoked?: Date;
  /** `compromised` voids all signatures ever made; `superseded` only the later ones. */
  readonly revokedAs?: 'compromised' | 'superseded';
}

export async function makeKey(options: KeyOptions = {}): Promise<TestKey> {
  const created = options.created ?? new Date('2020-01-01T00:00:00Z');
  const { privateKey } = await generateKey({
    userIDs: { name: options.name ?? 'Test Archive', email: 'test@example.org' },
    date: created,
    subkeys: [],
    format: 'object',
    ...(options.type === 'rsa' ? { type: 'rsa', rsaBits: 2048 } : { type: 'ecc', curve: 'ed25519Legacy' }),
    ...(options.expires && { keyExpirationTime: (options.expires.getTime() - created.getTime()) / 1000 }),
  });
  const publicKey = await publicPart(privateKey, options);
  return {
    privateKey,
    armored: publicKey.armor(),
    binary: Buffer.from(publicKey.write()),
    fingerprint: publicKey.getFingerprint(),
  };
}

/** The text with its signatures around it, as in InRelease; like gpg, it does not sign the last newline. */
export async function clearSign(text: string, keys: readonly TestKey[], date: Date): Promise<string> {
  const message = await createCleartextMessage({ text: text.replace(/\n$/, '') });
  return sign({ message, signingKeys: keys.map(({ privateKey }) => privateKey), date });
}

/** The signatures alone, ASCII-armoured, as in Release.gpg. */
export async function detachedSign(text: string, keys: readonly TestKey[], date: Date): Promise<string> {
  const message = await createMessage({ binary: Buffer.from(text) });
  return sign({ message, signingKeys: keys.map(({ privateKey }) => privateKey), date, detached: true });
}

async function publicPart(privateKey: PrivateKey, options: KeyOptions): Promise<PublicKey> {
  if (options.revoked === undefined) return privateKey.toPublic();
  const flag =
    options.revokedAs === 'superseded'
      ? enums.reasonForRevocation.keySuperseded
      : enums.reasonForRevocation.keyCompromised;
  const { publicKey } = await revokeKey({
    key: privateKey,
    reasonForRevocation: { flag },
    date: options.revoked,
    format: 'object',
  });
  return publicKey;
}
