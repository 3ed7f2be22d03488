import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';
import { apkIdentity } from './apk-members.ts';
import { piecesOf } from './pieces.ts';

/** The digest that identifies a file's content and that it is checked by. */
export interface Digest {
  /** `apk`: apk's identity of a package, the SHA-1 of its control member, which vouches for the rest. */
  readonly algorithm: 'sha256' | 'sha512' | 'apk';
  /** Lower case. */
  readonly hex: string;
}

export interface Hasher {
  update(chunk: Uint8Array): void;
  /** Lower-case hex; with `apk`, empty for a file that is not a package. */
  digest(): string;
}

const DIGITS: Readonly<Record<Digest['algorithm'], number>> = { sha256: 64, sha512: 128, apk: 40 };

/** `sha256:HEX`, as a Lock has it. */
export function parseDigest(text: string): Digest {
  const [algorithm, hex = ''] = text.split(':');
  if (algorithm !== 'sha256' && algorithm !== 'sha512' && algorithm !== 'apk') throw badDigest(text);
  return checked({ algorithm, hex });
}

/** @throws MkbaseError `package/bad-digest`: it cannot be one of its algorithm */
export function checked(digest: Digest): Digest {
  if (digest.hex.length !== DIGITS[digest.algorithm] || !/^[0-9a-f]+$/.test(digest.hex)) {
    throw badDigest(`${digest.algorithm}:${digest.hex}`);
  }
  return digest;
}

export function createHasher(algorithm: Digest['algorithm']): Hasher {
  if (algorithm !== 'apk') {
    const hash = createHash(algorithm);
    return {
      update(chunk) {
        for (const piece of piecesOf(chunk)) hash.update(piece);
      },
      digest: () => hash.digest('hex'),
    };
  }
  // Where its members begin is known once they are decoded. Its size was bounded by the signed index.
  const chunks: Uint8Array[] = [];
  return {
    update: (chunk) => void chunks.push(chunk),
    digest: () => apkIdentity(Buffer.concat(chunks)) ?? '',
  };
}

function badDigest(text: string): MkbaseError {
  return new MkbaseError('package/bad-digest', `\`${text}\` is not a digest`, {
    hint: 'the index of the mirror is damaged: name another mirror',
  });
}
