/** The contents of an .apk of format 2. */
import { createHash } from 'node:crypto';
import { MkbaseError, quoted } from '../../../errors.ts';
import { splitApk } from '../../../formats/apk-members.ts';
import { decompress } from '../../../formats/compress.ts';
import { readTar, type TarEntry } from '../../../formats/tar.ts';
import type { ControlFile, PackageFile, PackageHead } from '../../../rootfs/package-file.ts';
import { type PkgInfo, readPkgInfo } from './pkginfo.ts';

/** The control member of a package, and the signatures before it. */
export interface ApkControl {
  /** The `C:` of its index entry: `Q1` and the base64 of the SHA-1 of the control member. */
  readonly identity: string;
  /** By name: `.PKGINFO`, `.post-install`. */
  readonly files: ReadonlyMap<string, ControlFile>;
  readonly info: PkgInfo;
  /** The entries `.SIGN.*`; none in a package that is not signed. */
  readonly signatures: readonly TarEntry[];
  /** The signed bytes. */
  readonly signed: Buffer;
  /** The data member as it is packed. */
  readonly data: Buffer;
}

const DATA_LIMIT = 4096 * 2 ** 20;
/** The declared size is an estimate: data are held against four times of it, and never less than this. */
const DATA_SLACK = 64 * 2 ** 20;

/**
 * Opens a package: checks its data against its control member, and each file against its checksum,
 * which apk itself does not do. The caller compares the identity with the index.
 *
 * @throws MkbaseError `package/missing-member`, `wrong-datahash`, `missing-checksum`, `wrong-checksum`, and
 *   the errors of splitApk, readPkgInfo, decompress and readTar
 */
export async function readApk(bytes: Buffer): Promise<PackageFile> {
  const { data, files, identity, info } = readApkHead(bytes);
  if (data.length === 0) {
    throw new MkbaseError('package/missing-member', 'the data member is missing', {
      hint: 'fetch the file again; it is cut short',
    });
  }
  if (createHash('sha256').update(data).digest('hex') !== info.datahash) {
    throw new MkbaseError('package/wrong-datahash', 'the data are not those that the control member names', {
      hint: 'fetch the file again; it is damaged, or was tampered with',
    });
  }
  const limit = Math.min(DATA_LIMIT, Math.max(DATA_SLACK, 4 * info.installedSize));
  const entries = readTar(await decompress('gzip', data, limit)).map(checkedEntry);
  return { control: files, entries, identity, built: info.buildTime };
}

/** The same without the data. */
export async function readApkControl(bytes: Buffer): Promise<Omit<PackageFile, 'entries'>> {
  const { files, identity, info } = readApkHead(bytes);
  return { control: files, identity, built: info.buildTime };
}

/** Signatures and control. */
export function readApkHead(bytes: Buffer): ApkControl {
  const { control, signatures, signed, data } = splitApk(bytes);
  return {
    identity: `Q1${createHash('sha1').update(signed).digest('base64')}`,
    files: new Map(control.map(({ path, mode, body }) => [path, { mode, body }])),
    info: readPkgInfo(control[0].body.toString('latin1')),
    ...{ signatures, signed, data },
  };
}

const CHECKSUM = 'APK-TOOLS.checksum.SHA1';
/** SHA-1 of no bytes. */
const NOTHING = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';

/** Hard links have no checksum of their own: they are another name of a file that has. */
function checkedEntry(entry: TarEntry): PackageHead & TarEntry {
  const owned = { ...entry, owner: { user: entry.uname, group: entry.gname } };
  const content = entry.type === 'file' ? entry.body : entry.type === 'symlink' ? entry.link : null;
  if (content === null || entry.path.startsWith('.')) return owned;
  const expected = entry.records.get(CHECKSUM);
  if (expected === undefined) {
    throw new MkbaseError('package/missing-checksum', `the file ${quoted(entry.path)} has no checksum`, {
      hint: 'report it to the maker of the package; apk-tools 3 refuses it too',
    });
  }
  // nfpm's links have the checksum of nothing: apk does not look at it, and enters it as it is.
  if (entry.type === 'symlink' && expected.toLowerCase() === NOTHING) {
    return { ...owned, sha1: Buffer.from(NOTHING, 'hex').toString('base64') };
  }
  const digest = createHash('sha1');
  const sha1 = (
    typeof content === 'string' ? digest.update(content, 'latin1') : digest.update(content)
  ).digest();
  if (sha1.toString('hex') !== expected.toLowerCase()) {
    throw new MkbaseError(
      'package/wrong-checksum',
      `the file ${quoted(entry.path)} is not what its checksum says`,
      {
        hint: 'report it to the maker of the package; apk would install it all the same',
      },
    );
  }
  return { ...owned, sha1: sha1.toString('base64') };
}
