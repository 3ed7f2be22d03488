import { MkbaseError } from '../errors.ts';

/** A signature that does not count, in the order in which one explains a refusal better than the next. */
export interface Refusal {
  readonly kind: 'bad' | 'revoked' | 'expired' | 'weak' | 'unsuitable' | 'unknown';
  /** Upper-case hex; null where it cannot be read. */
  readonly keyId: string | null;
  readonly reason: string;
}

export function missingSignature(what: string): MkbaseError {
  return new MkbaseError('signature/missing', `${what} carries no signature`, {
    hint: 'use a signed archive, or give up authenticity with `--no-check-sig`',
  });
}

export function refusedSignatures(what: string, refusals: readonly Refusal[]): MkbaseError {
  const has = (kind: Refusal['kind']): boolean => refusals.some((refusal) => refusal.kind === kind);
  const by = ({ keyId }: Refusal): string => (keyId === null ? 'an unreadable key' : `\`${keyId}\``);
  const keys = [...new Set(refusals.map(by))].join(', ');
  const details = refusals.map(({ keyId, reason }) => `signature by key ${keyId ?? 'unknown'}: ${reason}`);
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
  if (has('unsuitable')) {
    return error(
      'signature/unsuitable',
      `${what} has no signature of a kind that counts: ${keys}`,
      'the archive has to sign it as `gpg --clearsign` or `gpg --detach-sign` do: try another mirror',
    );
  }
  return error(
    'signature/unknown-key',
    `${what} is signed by no allowed key, but by ${keys}`,
    'name the file of the right keys with `--keyring FILE`, or in the `Signed-By` of its source',
  );
}

/** The error for a signature that cannot be parsed. */
export function malformedSignature(what: string, reason: string): MkbaseError {
  return new MkbaseError('signature/malformed', `cannot read the signature of ${what}: ${reason}`, {
    hint: 'the mirror may be broken: try another one with `--mirror URL`',
  });
}
