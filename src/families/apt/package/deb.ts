import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { MkbaseError, quoted } from '../../../errors.ts';
import { type ArMember, readAr, writeAr } from '../../../formats/ar.ts';
import { type Codec, codecOf, decompress } from '../../../formats/compress.ts';
import { piecesOf } from '../../../formats/pieces.ts';
import { readTar, type TarEntry } from '../../../formats/tar.ts';
import type { ControlFile, PackageFile } from '../../../rootfs/package-file.ts';
import { availableMemory } from '../../../sandbox/available-memory.ts';
import { dpkgRefusal, type Packed } from './dpkg-refusal.ts';

/** Most bytes that the members of a package may unpack to, whatever it declares. */
export interface DebLimits {
  readonly control: number;
  readonly data: number;
}

const MIB = 2 ** 20;

/** The largest control archives of Debian have some megabytes. */
const CONTROL_LIMIT = 64 * MIB;

/** Bytes from the beginning of a package file that hold its control archive. */
export const CONTROL_WITHIN = CONTROL_LIMIT + MIB;

/** Whatever the host has: packages of real distributions have as much. */
const LEAST_DATA = 512 * MIB;

/**
 * Data may have what the host can bear: they are held in memory, by several threads at once. Installed-Size bounds
 * nothing, as it is missing or wrong in packages that dpkg takes.
 */
function hostLimits(): DebLimits {
  const bearable = Math.max(LEAST_DATA, Math.floor(availableMemory() / 4));
  return { control: CONTROL_LIMIT, data: Math.min(constants.MAX_LENGTH, bearable) };
}

/**
 * Opens a binary package of format 2.x, deb(5). The caller knows the file's name: no message has it.
 *
 * @throws MkbaseError `package/not-a-deb`, `old-format`, `unsupported-version`, `missing-member`,
 *   `unexpected-member`, `unknown-compression`, `bad-control`, `beyond-memory`, and what readAr, decompress and readTar
 *   throw
 * @param plain is told of the same package with nothing packed in it, where that is read much faster
 */
export async function readDeb(
  bytes: Buffer,
  limits: DebLimits = hostLimits(),
  plain: (pieces: readonly Buffer[]) => void = () => {},
): Promise<PackageFile> {
  const { built, control, members, controlTar } = await openControl(bytes, limits);
  const dataMember = takeMember(members, 'data.tar', DATA_CODECS);
  checkFields(control.get('control')?.body);
  const data = await unpackData(dataMember, limits.data);
  const items = readTar(data);
  const refusedElsewhere = await dpkgRefusal(dataMember, items);
  // Once it is unpacked nobody could tell what dpkg has against it.
  if (SLOW.includes(dataMember.codec) && refusedElsewhere === undefined) {
    plain(
      writeAr(built, [
        ['debian-binary', Buffer.from('2.0\n')],
        ['control.tar', controlTar],
        ['data.tar', data],
      ]),
    );
  }
  const entries = items.map(owned);
  if (!control.has('md5sums')) control.set('md5sums', md5sumsOf(entries));
  return { control, entries, built, ...(refusedElsewhere && { refusedElsewhere }) };
}

type DebEntry = PackageFile['entries'][number];

/** With the owner's names where they differ from the numbers: dpkg looks names up first. */
function owned(entry: TarEntry): DebEntry {
  const { uname: user, gname: group, uid, gid } = entry;
  const isPlain = (name: string, id: number) => name === '' || (name === 'root' && id === 0);
  return isPlain(user, uid) && isPlain(group, gid) ? entry : { ...entry, owner: { user, group } };
}

/** The md5sums that dpkg itself writes for a package that ships none, deb-md5sums(5). */
function md5sumsOf(entries: readonly TarEntry[]): ControlFile {
  const plain = (path: string) => path.replace(/^(\.?\/+)+/, '');
  const sums = new Map<string, string>();
  for (const { path, type, body, link } of entries) {
    if (type === 'file') sums.set(plain(path), md5Of(body));
    const linked = type === 'hardlink' ? sums.get(plain(link)) : undefined;
    if (linked !== undefined) sums.set(plain(path), linked);
  }
  const lines = Array.from(sums, ([path, sum]) => `${sum}  ${path}\n`);
  return { mode: 0o644, body: Buffer.from(lines.join(''), 'latin1') };
}

function md5Of(body: Buffer): string {
  const hash = createHash('md5');
  for (const piece of piecesOf(body)) hash.update(piece);
  return hash.digest('hex');
}

/** The same without the data: a thousandth of the work. */
export async function readDebControl(
  bytes: Buffer,
  limits: Pick<DebLimits, 'control'> = { control: CONTROL_LIMIT },
): Promise<Pick<PackageFile, 'control' | 'built'>> {
  const { built, control } = await openControl(bytes, limits);
  return { built, control };
}

async function openControl(bytes: Buffer, limits: Pick<DebLimits, 'control'>) {
  if (bytes.toString('latin1', 0, 4) === '0.93') {
    throw new MkbaseError('package/old-format', 'the package is in the format 0.939 of 1995', {
      hint: 'convert it with dpkg-deb of its time; only format 2.0 is read',
    });
  }
  // Members after the data are never read: dpkg does not read them either.
  const members = readAr(bytes);
  const built = readFormat(members.next().value ?? undefined);
  const member = takeMember(members, 'control.tar', CONTROL_CODECS);
  const controlTar = await unpack(member, limits.control);
  return { built, members, controlTar, control: readControlFiles(controlTar) };
}

/** Checks the member `debian-binary` and gives its time. A newer minor version must stay readable. */
function readFormat(member: ArMember | undefined): number {
  if (member?.name !== 'debian-binary') {
    throw new MkbaseError('package/not-a-deb', 'the archive does not begin with the member `debian-binary`', {
      hint: 'fetch the file again; it is not a Debian package',
    });
  }
  const version = /^(\d+)\.\d+(?=\n)/.exec(member.body.toString('latin1', 0, 32));
  if (version?.[1] !== '2') {
    const found = version === null ? 'no version' : `version ${version[0]}`;
    throw new MkbaseError('package/unsupported-version', `the member \`debian-binary\` holds ${found}`, {
      hint: 'only packages of format 2.x can be read',
    });
  }
  return member.mtime;
}

const CONTROL_CODECS: readonly Codec[] = ['none', 'gzip', 'xz', 'zstd'];
const DATA_CODECS: readonly Codec[] = [...CONTROL_CODECS, 'bzip2', 'lzma'];

/** Those whose bytes take five times as long to unpack as to read unpacked. */
const SLOW: readonly Codec[] = ['xz', 'bzip2', 'lzma'];

/** Takes members up to the wanted one. Those whose name begins with `_` may stand before it. */
function takeMember(members: Iterator<ArMember>, name: string, codecs: readonly Codec[]): Packed {
  for (let { value: member } = members.next(); member !== undefined; { value: member } = members.next()) {
    if (member.name === name || member.name.startsWith(`${name}.`)) {
      const codec = codecOf(member.name.slice(name.length));
      const known = member.name === name || codec !== 'none';
      if (known && codecs.includes(codec)) return { codec, bytes: member.body };
      throw new MkbaseError(
        'package/unknown-compression',
        `the member ${quoted(member.name)} is compressed in a way that deb(5) does not have`,
        { hint: 'have the package rebuilt with xz, zstd or gzip' },
      );
    }
    if (!member.name.startsWith('_')) {
      throw new MkbaseError(
        'package/unexpected-member',
        `the member ${quoted(member.name)} stands where \`${name}\` should`,
        { hint: 'fetch the file again; it is not a Debian package as deb(5) describes it' },
      );
    }
  }
  throw new MkbaseError('package/missing-member', `the member \`${name}\` is missing`, {
    hint: 'fetch the file again; it is cut short or not a Debian package',
  });
}

function unpack({ codec, bytes }: Packed, limit: number): Promise<Buffer> {
  return decompress(codec, bytes, limit);
}

async function unpackData(packed: Packed, limit: number): Promise<Buffer> {
  try {
    return await unpack(packed, limit);
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.code !== 'package/decompression-bomb') throw error;
    throw new MkbaseError('package/beyond-memory', `its files have more than ${limit} bytes`, {
      hint:
        limit < constants.MAX_LENGTH
          ? 'they are unpacked in memory, of which this host has no more: build on another, or leave the package out'
          : 'they are unpacked in memory, in one piece: leave the package out',
      cause: error,
    });
  }
}

function readControlFiles(tar: Buffer): Map<string, ControlFile> {
  const files = new Map<string, ControlFile>();
  for (const { path, type, mode, body } of readTar(tar)) {
    const name = path.replace(/^\.?\/+/, '');
    if (type === 'dir' && (name === '' || name === '.')) continue;
    const isPlain = type === 'file' && /^[\w.+~-]{1,100}$/.test(name);
    // dpkg passes over names with a dot, whatever they are; a script may want such a file beside it.
    if (!isPlain && isDotted(name)) continue;
    if (!isPlain) {
      throw badControl(`holds ${quoted(path)}, which is not a plain file at its top`);
    }
    files.set(name, { mode: name === 'preinst' ? executable(mode) : mode, body });
  }
  return files;
}

function isDotted(name: string): boolean {
  const [top = ''] = name.split('/');
  return top.includes('.') && top !== '.' && top !== '..';
}

/** A script that not everybody may start is made 0755 by dpkg before it runs; of these the preinst has run. */
function executable(mode: number): number {
  return (mode & 0o555) === 0o555 ? mode : 0o755;
}

function checkFields(control: Buffer | undefined): void {
  if (control === undefined) throw badControl('has no file `control`');
  const text = control.toString('latin1');
  for (const field of ['Package', 'Version']) {
    if (!new RegExp(`^${field}:[ \\t]*\\S`, 'im').test(text))
      throw badControl(`names no ${field} in \`control\``);
  }
}

function badControl(what: string): MkbaseError {
  return new MkbaseError('package/bad-control', `the control archive ${what}`, {
    hint: 'report it to the maker of the package; dpkg would refuse it too',
  });
}
