import { createHash } from 'node:crypto';
import { MkbaseError, quoted } from '../../errors.ts';
import { type ArMember, readAr } from '../../formats/ar.ts';
import { type Codec, codecOf, decompress } from '../../formats/compress.ts';
import { readTar, type TarEntry } from '../../formats/tar.ts';
import type { ControlFile, PackageFile } from '../../rootfs/package-file.ts';

/** Most bytes that the members of a package may unpack to, whatever it declares. */
export interface DebLimits {
  readonly control: number;
  readonly data: number;
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** The largest control archives of Debian have some megabytes, the largest data some gigabytes. */
export const DEB_LIMITS: DebLimits = { control: 64 * MIB, data: 4096 * MIB };

/** Installed-Size is an estimate: data are held against four times of it, and never less than this. */
const DATA_SLACK = 64 * MIB;

/**
 * Opens a binary package of format 2.x, deb(5). The caller knows the file's name: no message has it.
 *
 * @throws MkbaseError `package/not-a-deb`, `old-format`, `unsupported-version`, `missing-member`,
 *   `unexpected-member`, `unknown-compression`, `bad-control`, and what readAr, decompress and readTar
 *   throw
 */
export async function readDeb(bytes: Buffer, limits: DebLimits = DEB_LIMITS): Promise<PackageFile> {
  const { built, control, members } = await openControl(bytes, limits);
  const dataMember = takeMember(members, 'data.tar', DATA_CODECS);
  const installed = readInstalledSize(control.get('control')?.body);
  const data = await unpack(dataMember, Math.min(limits.data, Math.max(DATA_SLACK, 4 * installed)));
  const entries = readTar(data).map(owned);
  if (!control.has('md5sums')) control.set('md5sums', md5sumsOf(entries));
  return { control, entries, built };
}

type DebEntry = PackageFile['entries'][number];

/** With its owner's names, which dpkg heeds before the numbers, where they say something else. */
function owned(entry: TarEntry): DebEntry {
  const { uname: user, gname: group, uid, gid } = entry;
  const isPlain = (name: string, id: number) => name === '' || (name === 'root' && id === 0);
  return isPlain(user, uid) && isPlain(group, gid) ? entry : { ...entry, owner: { user, group } };
}

/** What dpkg itself writes for a package that ships none, deb-md5sums(5). */
function md5sumsOf(entries: readonly TarEntry[]): ControlFile {
  const lines = entries
    .filter(({ type }) => type === 'file')
    .map(
      ({ path, body }) =>
        `${createHash('md5').update(body).digest('hex')}  ${path.replace(/^(\.?\/)+/, '')}\n`,
    );
  return { mode: 0o644, body: Buffer.from(lines.join(''), 'latin1') };
}

/** The same without the data: a thousandth of the work. */
export async function readDebControl(
  bytes: Buffer,
  limits: DebLimits = DEB_LIMITS,
): Promise<Pick<PackageFile, 'control' | 'built'>> {
  const { built, control } = await openControl(bytes, limits);
  return { built, control };
}

async function openControl(bytes: Buffer, limits: DebLimits) {
  if (bytes.toString('latin1', 0, 4) === '0.93') {
    throw new MkbaseError('package/old-format', 'the package is in the format 0.939 of 1995', {
      hint: 'convert it with dpkg-deb of its time; only format 2.0 is read',
    });
  }
  // What follows the data is never asked for: dpkg does not read it either.
  const members = readAr(bytes);
  const built = readFormat(members.next().value ?? undefined);
  const member = takeMember(members, 'control.tar', CONTROL_CODECS);
  return { built, members, control: readControlFiles(await unpack(member, limits.control)) };
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

interface Packed {
  readonly codec: Codec;
  readonly bytes: Buffer;
}

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

/** Bytes that the package says it needs once installed, 0 where it does not say. */
function readInstalledSize(control: Buffer | undefined): number {
  if (control === undefined) throw badControl('has no file `control`');
  const text = control.toString('latin1');
  for (const field of ['Package', 'Version']) {
    if (!new RegExp(`^${field}:[ \\t]*\\S`, 'im').test(text))
      throw badControl(`names no ${field} in \`control\``);
  }
  return Number(/^Installed-Size:[ \t]*(\d+)[ \t]*$/im.exec(text)?.[1] ?? 0) * KIB;
}

function badControl(what: string): MkbaseError {
  return new MkbaseError('package/bad-control', `the control archive ${what}`, {
    hint: 'report it to the maker of the package; dpkg would refuse it too',
  });
}
