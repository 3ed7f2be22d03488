import { quoted } from '../errors.ts';
import type { PaxRecords } from './pax.ts';
import { badTar, checkName, checkText } from './tar-errors.ts';
import { type Extensions, extended, isExtension, MAX_EXTENSION } from './tar-extensions.ts';
import { BLOCK, type RawHeader, readHeader } from './tar-header.ts';
import { bufferSource, contentPieces, type TarContent, type TarSource } from './tar-source.ts';
import {
  MAX_HOLES,
  placeSparse,
  readGnuSparseMap,
  readPaxSparseMap,
  type SparseBudget,
  sparseBudget,
} from './tar-sparse.ts';

export type TarType = 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** A tar header, with dialects and extensions resolved. Texts are binary strings. */
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

/** An entry of an archive, with its content as the reader gives it. */
export interface TarItem<Body> extends TarHead {
  readonly uname: string;
  readonly gname: string;
  /** All PAX records that hold for it: some formats have their own among them. */
  readonly records: PaxRecords;
  readonly body: Body;
}

/** With a view of the archive's bytes (a copy only where a sparse file was expanded). */
export type TarEntry = TarItem<Buffer>;

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
  const source = bufferSource(bytes);
  return [...readItems(source, MAX_HOLES, (content) => bodyOf(source, content))];
}

/** A view where that is possible. */
function bodyOf(source: TarSource, content: TarContent): Buffer {
  const { parts, size } = content;
  const [part] = parts;
  if (part === undefined && size === 0) return source.slice(0, 0);
  if (part?.length === size) return source.slice(part.from, size);
  return Buffer.concat([...contentPieces(source, content)]);
}

/**
 * The same from any source, with where each content is; at most `maxHoles` bytes of sparse files.
 *
 * @throws as readTar
 */
export function readTarItems(source: TarSource, maxHoles: number): Generator<TarItem<TarContent>> {
  return readItems(source, maxHoles, (content) => content);
}

function* readItems<Body>(
  source: TarSource,
  maxHoles: number,
  bodyOf: (content: TarContent) => Body,
): Generator<TarItem<Body>> {
  const budget = sparseBudget(maxHoles);
  let extensions: Extensions = { globals: new Map() };
  // Entries without records of their own share the attributes of the global ones.
  let attributes: Attributes = { of: extensions.globals, xattrs: undefined };
  let offset = 0;
  while (offset < source.length) {
    const header = readHeader(source.slice(offset, BLOCK), offset);
    if (header === undefined) break;
    offset += BLOCK;
    if (isExtension(header.typeFlag)) {
      extensions = extended(extensions, header.typeFlag, textAt(source, offset, header.size));
      offset += padded(header.size);
      continue;
    }
    const { globals, locals } = extensions;
    const records = locals === undefined ? globals : new Map([...globals, ...locals]);
    const names = resolveNames(header, records, extensions);
    const content = placeContent(source, { offset, header, type: names.type, records, budget });
    if (attributes.of !== records) attributes = { of: records, xattrs: xattrsOf(records) };
    yield itemOf(header, attributes, names, { size: content.size, body: bodyOf(content) });
    extensions = { globals };
    offset = content.next;
  }
  if (extensions.locals ?? extensions.longName ?? extensions.longLink) {
    throw badTar('it ends after an extension header, before the entry it describes');
  }
}

interface Attributes {
  readonly of: PaxRecords;
  readonly xattrs: Readonly<Record<string, string>> | undefined;
}

interface Names {
  readonly path: string;
  readonly type: TarType;
  readonly link: string;
}

function resolveNames(header: RawHeader, records: PaxRecords, { longName, longLink }: Extensions): Names {
  const path = checkName(
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
  const link = isLink ? checkName(records.get('linkpath') || longLink || header.link, 'link target') : '';
  if (isLink && link === '') throw badTar(`the link ${quoted(path)} has no target`);
  return { path, type, link };
}

/** One literal: a spread with fields after it takes V8 three times as long as all the rest. */
function itemOf<Body>(
  header: RawHeader,
  { of: records, xattrs }: Attributes,
  { path, type, link }: Names,
  { size, body }: { readonly size: number; readonly body: Body },
): TarItem<Body> {
  const isDevice = type === 'char' || type === 'block';
  return {
    path,
    type,
    mode: header.mode & 0o7777,
    uid: paxNumber(records, 'uid', WHOLE) ?? header.uid,
    gid: paxNumber(records, 'gid', WHOLE) ?? header.gid,
    uname: records.get('uname') || header.uname,
    gname: records.get('gname') || header.gname,
    mtime: paxNumber(records, 'mtime', DECIMAL) ?? header.mtime,
    size,
    link,
    major: isDevice ? header.major : 0,
    minor: isDevice ? header.minor : 0,
    records,
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
  readonly budget: SparseBudget;
}

interface Content extends TarContent {
  /** Where the next header is. */
  readonly next: number;
}

/** GNU's sparse format 1.0 has its map before the content: anything longer is not a map. */
const MAX_MAP = 2 ** 24;

function placeContent(source: TarSource, { offset, header, type, records, budget }: ContentPlace): Content {
  // Only files have content: some writers put a size on links and directories that nothing follows.
  if (type !== 'file') return { parts: [], size: 0, next: offset };
  const length = paxNumber(records, 'size', WHOLE) ?? header.size;
  const isOldSparse = header.typeFlag === 'S';
  const map = isOldSparse
    ? readGnuSparseMap(source, offset - BLOCK)
    : readPaxSparseMap(records, () => source.slice(offset, Math.min(length, MAX_MAP)));
  const from = isOldSparse ? map!.end : offset;
  // Some writers leave out the padding after the last file, and with it the end of the archive.
  const next = from + padded(length);
  if (from + length > source.length) throw badTar(`it ends inside the content at byte ${from}`);
  if (map === undefined) {
    return { parts: length === 0 ? [] : [{ from, to: 0, length }], size: length, next };
  }
  const stored = isOldSparse ? { from, length } : { from: from + map.end, length: length - map.end };
  return { parts: placeSparse(map, stored, budget), size: map.realSize, next };
}

/** The content of an extension header. */
function textAt(source: TarSource, offset: number, size: number): Buffer {
  if (size > MAX_EXTENSION) throw badTar('an extension header is absurdly long');
  if (offset + padded(size) > source.length) throw badTar(`it ends inside the content at byte ${offset}`);
  return source.slice(offset, size);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
