import { createHash } from 'node:crypto';
import { MkbaseError, reasonOf } from '../../../errors.ts';
import { type GzipMember, readGzipMember } from '../../../formats/gzip-members.ts';
import { readTar, type TarEntry } from '../../../formats/tar.ts';
import type { ApkPackage } from '../package/apk-package.ts';
import { parseIndex } from './index-file.ts';
import { type ApkKey, type SignatureAlgorithm, verifyMember } from './signature.ts';

/** An `APKINDEX.tar.gz` whose signature was checked. */
export interface ApkIndex {
  /** The maker's description: `v3.16.3-13-g4d933a1fa3`; may be empty. A binary string. */
  readonly description: string;
  readonly packages: readonly ApkPackage[];
  /** sha256 of what is signed, hex. */
  readonly digest: string;
  /** When the newest of its packages was built, seconds since 1970; 0 where it has none. */
  readonly newest: number;
  /** The file name of the key; null where signatures were not checked. */
  readonly signedBy: string | null;
  readonly algorithm: SignatureAlgorithm | null;
}

export interface OpenOptions {
  /** Names it in messages: "the index of `main`". */
  readonly what: string;
  /** Null: its signature is not checked. */
  readonly keys: readonly ApkKey[] | null;
}

/** Alpine's largest, of edge/community, has some 8 MB. */
const INDEX_LIMIT = 256 * 2 ** 20;
const SIGNATURE_LIMIT = 2 ** 20;

/**
 * Opens an index of format 2: a gzip member with signatures, and one with `DESCRIPTION` and `APKINDEX`,
 * over whose packed bytes they are. Nothing of it is read before they are found good.
 *
 * @throws MkbaseError `package/apk-v3`, `signature/malformed`, and what verifyMember throws
 */
export function openIndex(bytes: Buffer, { what, keys }: OpenOptions): ApkIndex {
  checkFormat(bytes, what);
  const { signatures, member } = readable(what, () => splitMembers(bytes));
  const { packed, content } = member;
  const signer = keys === null ? null : verifyMember({ signatures, signed: packed, what }, keys);
  const entries = readable(what, () => readTar(content));
  const index = entries.find(({ path, type }) => path === 'APKINDEX' && type === 'file');
  if (index === undefined) throw malformed(what, 'it has no `APKINDEX`');
  const packages = parseIndex(index.body.toString('latin1'));
  return {
    description:
      entries
        .find(({ path }) => path === 'DESCRIPTION')
        ?.body.toString('latin1')
        .trim() ?? '',
    packages,
    digest: createHash('sha256').update(packed).digest('hex'),
    newest: packages.reduce((newest, { buildTime }) => Math.max(newest, buildTime), 0),
    signedBy: signer?.key ?? null,
    algorithm: signer?.algorithm ?? null,
  };
}

interface Members {
  readonly signatures: readonly TarEntry[];
  readonly member: GzipMember;
}

/** Refuses any bytes after the signed member, which no signature covers. */
function splitMembers(bytes: Buffer): Members {
  const first = readGzipMember(bytes, 0, INDEX_LIMIT);
  const start = first.packed.length;
  if (start === bytes.length) return { signatures: [], member: first };
  if (first.content.length > SIGNATURE_LIMIT) throw new Error('its signatures are absurdly long');
  const member = readGzipMember(bytes, start, INDEX_LIMIT);
  if (start + member.packed.length !== bytes.length) throw new Error('something follows the signed part');
  return { signatures: readTar(first.content), member };
}

function checkFormat(bytes: Buffer, what: string): void {
  if (/^ADB[.dc]/.test(bytes.toString('latin1', 0, 4))) {
    throw new MkbaseError('package/apk-v3', `${what} is of the format of apk-tools 3 (ADB)`, {
      hint: 'only format 2 is read, in which Alpine and Wolfi publish all their packages',
    });
  }
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== 0x1f8b) throw malformed(what, 'it is not packed by gzip');
}

function readable<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw malformed(what, reasonOf(cause), cause);
  }
}

/** As with apt's: a mirror that sends something else is passed over for the next. */
function malformed(what: string, reason: string, cause?: unknown): MkbaseError {
  return new MkbaseError('signature/malformed', `cannot read ${what}: ${reason}`, {
    hint: 'the mirror may be broken, or being updated at this moment: try another one with `--mirror URL`',
    cause,
  });
}
