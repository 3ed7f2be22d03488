/** An .apk of format 2: gzip members of signatures, control and data, together one tar stream. */
import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';
import { type GzipMember, readGzipMember } from './gzip-members.ts';
import { readTar, type TarEntry } from './tar.ts';

export interface ApkMembers {
  /** The entries `.SIGN.*`; none in a package that is not signed. */
  readonly signatures: readonly TarEntry[];
  /** The control member as it is packed: signatures cover it, and its SHA-1 identifies the package. */
  readonly signed: Buffer;
  /** The entries of the control member, `.PKGINFO` first. */
  readonly control: readonly [TarEntry, ...TarEntry[]];
  /** The data member as it is packed. */
  readonly data: Buffer;
}

/** Scripts and the description: the largest of Alpine has some hundred kilobytes. */
const CONTROL_LIMIT = 16 * 2 ** 20;

/**
 * The members of a package; the data are left packed.
 *
 * @throws MkbaseError `package/apk-v3`, `package/not-an-apk`, `package/missing-member`,
 *   `package/bad-control`, and what readGzipMember and readTar throw
 */
export function splitApk(bytes: Buffer): ApkMembers {
  checkFormat(bytes);
  const first = readGzipMember(bytes, 0, CONTROL_LIMIT);
  const entries = readTar(first.content);
  if (!entries[0]?.path.startsWith('.SIGN.')) return membersOf(bytes, first, { control: entries });
  const start = first.packed.length;
  if (start === bytes.length) {
    throw new MkbaseError('package/missing-member', 'the control member is missing', {
      hint: 'fetch the file again; it is cut short',
    });
  }
  const member = readGzipMember(bytes, start, CONTROL_LIMIT);
  return membersOf(bytes, member, { signatures: entries, control: readTar(member.content) });
}

/**
 * apk's identity of a package, `C:` in its index: the SHA-1, in hex, of the control member. That holds the
 * SHA-256 of the data, so both are checked; signatures are of no account. Null where the bytes are no
 * package, or its data are others than it says.
 */
export function apkIdentity(bytes: Buffer): string | null {
  try {
    const { control, signed, data } = splitApk(bytes);
    const [info] = control;
    const [, dataHash] = [...info.body.toString('latin1').matchAll(/^datahash = (.*)$/gm)].at(-1) ?? [];
    if (dataHash !== createHash('sha256').update(data).digest('hex')) return null;
    return createHash('sha1').update(signed).digest('hex');
  } catch (error) {
    if (error instanceof MkbaseError) return null;
    throw error;
  }
}

function checkFormat(bytes: Buffer): void {
  if (/^ADB[.dc]/.test(bytes.toString('latin1', 0, 4))) {
    throw new MkbaseError('package/apk-v3', 'the package is of the format of apk-tools 3 (ADB)', {
      hint: 'only format 2 is read, in which Alpine and Wolfi publish all their packages',
    });
  }
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== 0x1f8b) {
    throw new MkbaseError('package/not-an-apk', 'the file is not an apk package', {
      hint: 'fetch the file again; a package begins with gzip’s magic number',
    });
  }
}

interface Entries {
  readonly signatures?: readonly TarEntry[];
  readonly control: readonly TarEntry[];
}

function membersOf(bytes: Buffer, { packed }: GzipMember, { signatures = [], control }: Entries): ApkMembers {
  const [info, ...others] = control;
  if (info?.path !== '.PKGINFO' || info.type !== 'file') {
    throw new MkbaseError('package/bad-control', 'the control member does not begin with `.PKGINFO`', {
      hint: 'fetch the file again; it is damaged or no apk package',
    });
  }
  const end = packed.byteOffset - bytes.byteOffset + packed.length;
  return { signatures, signed: packed, control: [info, ...others], data: bytes.subarray(end) };
}
