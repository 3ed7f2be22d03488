import { quoted } from '../errors.ts';
import { type PaxRecords, readPax } from './pax.ts';
import { badTar } from './tar-errors.ts';
import { BLOCK, type RawHeader, readHeader } from './tar-header.ts';
import {
  expandSparse,
  type HoleBudget,
  MAX_HOLES,
  readGnuSparseMap,
  readPaxSparseMap,
} from './tar-sparse.ts';

export type TarType = 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** What a tar header says, dialects and extensions resolved. Texts are binary strings. */
export interface TarHead {
  /** Exactly as in the archive: `./` before it, `/` after it and `..` inside it are kept. */
  readonly path: string;
  readonly type: TarType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; may have a fraction and may be negative. */
  readonly mtime: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Target of a symlink or hardlink as in the archive, else `''`. */
  readonly link: string;
  /** Device numbers of `char` and `block`, else 0. */
  readonly major: number;
  readonly minor: number;
  /** Extended attributes by full name (`security.capability`). */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** An entry of an archive held in memory. */
export interface TarEntry extends TarHead {
  readonly uname: string;
  readonly gname: string;
  /** Content: a view of the archive's bytes (a copy only where a sparse file was expanded). */
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
};

/** What the headers before an entry say of it (`globals`: of all that follow). */
interface Extensions {
  readonly globals: PaxRecords;
  readonly locals?: PaxRecords;
  readonly longName?: string;
  readonly longLink?: string;
}

/**
 * The entries of a tar archive: v7, ustar, GNU (long names, base-256 numbers, sparse files) and PAX
 * (POSIX.1-2001 with `SCHILY.xattr.*` and GNU's sparse formats 0.0, 0.1 and 1.0). It ends at a block
 * of zeros or, as the tar segments inside an .apk do, at the last byte.
 *
 * Paths are not judged here: an absolute one or one with `..` is the caller's to refuse.
 *
 * @throws MkbaseError `package/bad-tar`; `package/decompression-bomb` for holes beyond reason
 */
export function readTar(bytes: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  const holes: HoleBudget = { left: MAX_HOLES };
  let extensions: Extensions = { globals: new Map() };
  let offset = 0;
  while (offset < bytes.length) {
    const header = readHeader(bytes, offset);
    if (header === undefined) break;
    offset += BLOCK;
    if (EXTENSIONS.has(header.typeFlag)) {
      extensions = extended(extensions, header.typeFlag, stored(bytes, offset, header.size));
      offset += padded(header.size);
      continue;
    }
    const { globals, locals } = extensions;
    const records = locals === undefined ? globals : new Map([...globals, ...locals]);
    const names = resolveNames(header, records, extensions);
    const content = readContent(bytes, { offset, header, type: names.type, records, holes });
    entries.push(entryOf(header, records, names, content.body));
    extensions = { globals };
    offset = content.next;
  }
  if (extensions.locals ?? extensions.longName ?? extensions.longLink) {
    throw badTar('it ends after an extension header, before the entry it describes');
  }
  return entries;
}

/** `V` is the label of a GNU volume: no file. Solaris wrote `X` before POSIX settled on `x`. */
const EXTENSIONS: ReadonlySet<string> = new Set(['L', 'K', 'g', 'x', 'X', 'V']);

/** Far more than names, attributes and sparse maps need; without bounds, few bytes could ask for much work. */
const MAX_EXTENSION = 2 ** 20;
const MAX_GLOBALS = 1000;

function extended(before: Extensions, typeFlag: string, body: Buffer): Extensions {
  if (body.length > MAX_EXTENSION) throw badTar('an extension header is absurdly long');
  switch (typeFlag) {
    case 'L':
      return { ...before, longName: longText(body) };
    case 'K':
      return { ...before, longLink: longText(body) };
    case 'g': {
      const globals = new Map([...before.globals, ...readPax(body)]);
      if (globals.size > MAX_GLOBALS) throw badTar('it has absurdly many global PAX records');
      return { ...before, globals };
    }
    case 'V':
      return before;
    default:
      return { ...before, locals: readPax(body) };
  }
}

interface Names {
  readonly path: string;
  readonly type: TarType;
  readonly link: string;
}

function resolveNames(header: RawHeader, records: PaxRecords, { longName, longLink }: Extensions): Names {
  const path = checkText(
    records.get('GNU.sparse.name') || records.get('path') || longName || header.name,
    'name',
  );
  if (path === '') throw badTar('an entry has no name');
  const flagged = TYPES[header.typeFlag];
  if (flagged === undefined) {
    throw badTar(`${quoted(path)} is of the unknown type ${JSON.stringify(header.typeFlag)}`);
  }
  // v7 tar had no type for directories.
  const type = flagged === 'file' && path.endsWith('/') ? 'dir' : flagged;
  const isLink = type === 'symlink' || type === 'hardlink';
  const link = isLink ? checkText(records.get('linkpath') || longLink || header.link, 'link target') : '';
  if (isLink && link === '') throw badTar(`the link ${quoted(path)} has no target`);
  return { path, type, link };
}

/** One literal: a spread with fields after it takes V8 three times as long as all the rest. */
function entryOf(header: RawHeader, records: PaxRecords, names: Names, body: Buffer): TarEntry {
  const { path, type, link } = names;
  const isDevice = type === 'char' || type === 'block';
  const xattrs = xattrsOf(records);
  return {
    path,
    type,
    mode: header.mode & 0o7777,
    uid: paxNumber(records, 'uid', WHOLE) ?? header.uid,
    gid: paxNumber(records, 'gid', WHOLE) ?? header.gid,
    uname: records.get('uname') || header.uname,
    gname: records.get('gname') || header.gname,
    mtime: paxNumber(records, 'mtime', DECIMAL) ?? header.mtime,
    size: body.length,
    link,
    major: isDevice ? header.major : 0,
    minor: isDevice ? header.minor : 0,
    body,
    ...(xattrs && { xattrs }),
  };
}

const WHOLE = /^\d+$/;
const DECIMAL = /^-?\d+(\.\d*)?$/;

/** An empty value takes a record of a global header back (POSIX). */
function paxNumber(records: PaxRecords, key: string, shape: RegExp): number | undefined {
  const value = records.get(key);
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  if (!shape.test(value) || Math.abs(number) > Number.MAX_SAFE_INTEGER) {
    throw badTar(`the PAX record \`${key}\` is not a number in range`);
  }
  return number;
}

const XATTR = 'SCHILY.xattr.';

function xattrsOf(records: PaxRecords): Record<string, string> | undefined {
  let xattrs: Record<string, string> | undefined;
  for (const [key, value] of records) {
    if (!key.startsWith(XATTR)) continue;
    xattrs ??= Object.create(null) as Record<string, string>;
    xattrs[checkText(key.slice(XATTR.length), 'attribute name')] = value;
  }
  return xattrs;
}

interface ContentPlace {
  readonly offset: number;
  readonly header: RawHeader;
  readonly type: TarType;
  readonly records: PaxRecords;
  readonly holes: HoleBudget;
}

function readContent(bytes: Buffer, { offset, header, type, records, holes }: ContentPlace) {
  // Only files have content: some writers put a size on links and directories that nothing follows.
  if (type !== 'file') return { body: bytes.subarray(offset, offset), next: offset };
  const size = paxNumber(records, 'size', WHOLE) ?? header.size;
  if (header.typeFlag === 'S') {
    const map = readGnuSparseMap(bytes, offset - BLOCK);
    const data = stored(bytes, map.end, size);
    return { body: expandSparse(map, data, holes), next: map.end + padded(size) };
  }
  const data = stored(bytes, offset, size);
  const map = readPaxSparseMap(records, data);
  const body = map === undefined ? data : expandSparse(map, data.subarray(map.end), holes);
  return { body, next: offset + padded(size) };
}

/** The bytes at `offset`; the padding up to the next block must be there too. */
function stored(bytes: Buffer, offset: number, size: number): Buffer {
  if (offset + padded(size) > bytes.length) throw badTar(`it ends inside the content at byte ${offset}`);
  return bytes.subarray(offset, offset + size);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** A GNU long name: it ends at its NULs. */
function longText(body: Buffer): string {
  return body.toString('latin1').replace(/\0+$/, '');
}

function checkText(text: string, what: string): string {
  if (text.includes('\0')) throw badTar(`a ${what} holds a NUL`);
  return text;
}
