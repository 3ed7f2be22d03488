import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MkbaseError, reasonOf } from '../../../errors.ts';
import { fingerprintOf, type Keyring, readKeyring } from '../../../formats/openpgp.ts';

/** The option `Signed-By` of a source, sources.list(5). */
export interface SignedBy {
  /** Keyring files: as written, and absolute. */
  readonly files: readonly { readonly written: string; readonly path: string }[];
  /** Upper-case hex: of the keyrings only these keys count. */
  readonly fingerprints: readonly string[];
  /** An armored key block in the source itself. */
  readonly block: string | null;
}

const FINGERPRINT = /^(?:[0-9A-F]{40}|[0-9A-F]{64})!?$/i;

/** `folder`: where relative names begin; apt has none, but on a command line they are at hand. */
export function readSignedBy(value: string, folder: string): SignedBy {
  if (value.includes('-----BEGIN')) {
    return { files: [], fingerprints: [], block: value.split('\n').map(blockLine).join('\n').trim() };
  }
  const words = value.split(/[\s,]+/).filter((word) => word !== '');
  return {
    files: words
      .filter((word) => !FINGERPRINT.test(word))
      .map((written) => ({ written, path: resolve(folder, written) })),
    fingerprints: words
      .filter((word) => FINGERPRINT.test(word))
      .map((word) => word.replace('!', '').toUpperCase()),
    block: null,
  };
}

/** A dot means an empty line. */
function blockLine(line: string): string {
  return line.trim() === '.' ? '' : line;
}

/**
 * The keys that it allows, of `usual` where it names no keyring.
 *
 * @throws MkbaseError `usage/unreadable-file`, `usage/bad-keyring`
 */
export async function keysOf(
  { files, fingerprints, block }: SignedBy,
  usual: Promise<Keyring>,
): Promise<Keyring> {
  if (block !== null) return readKeyring(Buffer.from(block), 'Signed-By');
  const keyring = files.length === 0 ? await usual : (await Promise.all(files.map(keysOfFile))).flat();
  if (fingerprints.length === 0) return keyring;
  return keyring.filter((key) =>
    [fingerprintOf(key), ...key.getSubkeys().map((subkey) => subkey.getFingerprint().toUpperCase())].some(
      (fingerprint) => fingerprints.includes(fingerprint),
    ),
  );
}

export async function keysOfFile({ path }: { readonly path: string }): Promise<Keyring> {
  try {
    return await readKeyring(await readFile(path), path);
  } catch (cause) {
    if (cause instanceof MkbaseError) throw cause;
    throw new MkbaseError('usage/unreadable-file', `cannot read \`${path}\`: ${reasonOf(cause)}`, {
      hint: '`Signed-By` of a source names a file of this machine with the keys of its repository',
      cause,
    });
  }
}
