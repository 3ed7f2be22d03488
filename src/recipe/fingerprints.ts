import { createHash, createPublicKey } from 'node:crypto';
import { fingerprintOf, readKeyring } from '../formats/openpgp.ts';
import type { Recipe } from './recipe.ts';
import type { KeyFile } from './recipes.ts';

/**
 * What the keys in a file are known by: of OpenPGP the fingerprints of the primary keys, upper-case hex; of
 * apk's RSA keys the sha256 of the key in DER form, as a keyring's readme states it.
 *
 * @throws whatever is wrong with the file
 */
export async function fingerprints({ name, bytes }: KeyFile, family: Recipe['family']): Promise<string[]> {
  if (family === 'apt') return (await readKeyring(bytes, name)).map(fingerprintOf);
  const der = createPublicKey(bytes).export({ type: 'spki', format: 'der' });
  return [createHash('sha256').update(der).digest('hex')];
}
