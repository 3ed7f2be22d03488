import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { MkbaseError, reasonOf } from '../errors.ts';

/** Signs and checks the state of an image in the registry. */
export interface StateKey {
  /** Base64. Equal bytes give an equal signature, so that two runs push the same manifest. */
  sign(bytes: Buffer): string;
  isGood(bytes: Buffer, signature: string): boolean;
}

/**
 * An Ed25519 private key in PEM, as `openssl genpkey -algorithm ed25519` writes it.
 *
 * @throws MkbaseError `config/bad-key`
 */
export function readStateKey(pem: string, file: string): StateKey {
  const secret = privateKey(pem, file);
  const known = createPublicKey(secret);
  return {
    sign: (bytes) => sign(null, bytes, secret).toString('base64'),
    isGood: (bytes, signature) => verify(null, bytes, known, Buffer.from(signature, 'base64')),
  };
}

function privateKey(pem: string, file: string): KeyObject {
  const bad = (reason: string, cause?: unknown) =>
    new MkbaseError('config/bad-key', `\`${file}\` is not a signing key: ${reason}`, {
      hint: 'make one with `openssl genpkey -algorithm ed25519 -out FILE`',
      cause,
    });
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw bad(reasonOf(error), error);
  }
  // ECDSA draws a number for each signature: the same image would get another digest each time.
  if (key.asymmetricKeyType !== 'ed25519') throw bad(`it is of type ${key.asymmetricKeyType}`);
  return key;
}
