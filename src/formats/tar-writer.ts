import { MkbaseError, quoted } from '../errors.ts';
import { paxRecord } from './pax.ts';
import type { TarHead, TarType } from './tar.ts';
import { BLOCK } from './tar-header.ts';

const TYPE_FLAGS: Readonly<Record<TarType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
};

/**
 * The header blocks of one entry: ustar with numeric owners, and a PAX header before it only for what
 * ustar cannot hold (a long path, a large owner or size, a fraction of a second, attributes). Bytes of
 * names are written as they are. The same head always gives the same bytes. `owner` adds the names of user and group,
 * of 31 bytes at most.
 *
 * @throws MkbaseError `target/bad-attribute-name`
 */
export function tarHeader(head: TarHead, owner: TarOwner = { user: '', group: '' }): Buffer {
  const name = splitPath(head.path);
  const records = paxRecords(head, name !== undefined);
  const main = Buffer.alloc(BLOCK);
  const { prefix, base } = name ?? { prefix: '', base: head.path.slice(0, NAME_LENGTH) };
  main.write(base, 0, NAME_LENGTH, 'latin1');
  main.write(prefix, 345, PREFIX_LENGTH, 'latin1');
  main.write(head.link, 157, NAME_LENGTH, 'latin1');
  main.write(TYPE_FLAGS[head.type], 156, 'latin1');
  writeOctal(main, 100, 8, head.mode);
  writeOctal(main, 108, 8, fits(head.uid, 8) ? head.uid : 0);
  writeOctal(main, 116, 8, fits(head.gid, 8) ? head.gid : 0);
  writeOctal(main, 124, 12, fits(head.size, 12) ? head.size : 0);
  writeOctal(main, 136, 12, fits(Math.floor(head.mtime), 12) ? Math.floor(head.mtime) : 0);
  main.write(owner.user.slice(0, OWNER_LENGTH), 265, 'latin1');
  main.write(owner.group.slice(0, OWNER_LENGTH), 297, 'latin1');
  writeOctal(main, 329, 8, head.major);
  writeOctal(main, 337, 8, head.minor);
  seal(main);
  return records === '' ? main : Buffer.concat([paxHeader(head.path, records), main]);
}

export interface TarOwner {
  readonly user: string;
  readonly group: string;
}

/** Zeros that fill the last block of a file's content. */
export function tarPadding(size: number): Buffer {
  return ZEROS.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

/** The two blocks of zeros that end an archive. */
export function endOfTar(): Buffer {
  return ZEROS;
}

const ZEROS = Buffer.alloc(2 * BLOCK);
const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;
const OWNER_LENGTH = 31;

/** The path in ustar's two fields, or `undefined` where no slash divides it into parts that fit. */
function splitPath(path: string): { prefix: string; base: string } | undefined {
  if (path.length <= NAME_LENGTH) return { prefix: '', base: path };
  // The first slash that leaves a base which fits; a directory's own last slash stays in its base.
  const slash = path.indexOf('/', path.length - NAME_LENGTH - 1);
  if (slash < 1 || slash > PREFIX_LENGTH || slash === path.length - 1) return undefined;
  return { prefix: path.slice(0, slash), base: path.slice(slash + 1) };
}

function paxRecords(head: TarHead, pathFits: boolean): string {
  const records: string[] = [];
  if (!pathFits) records.push(paxRecord('path', head.path));
  if (head.link.length > NAME_LENGTH) records.push(paxRecord('linkpath', head.link));
  if (!fits(head.size, 12)) records.push(paxRecord('size', String(head.size)));
  if (!fits(head.uid, 8)) records.push(paxRecord('uid', String(head.uid)));
  if (!fits(head.gid, 8)) records.push(paxRecord('gid', String(head.gid)));
  if (!fits(head.mtime, 12)) records.push(paxRecord('mtime', decimal(head.mtime)));
  const xattrs = Object.entries(head.xattrs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of xattrs) {
    // The first `=` of a record ends its key, and no escape is understood by all readers.
    if (key.includes('=')) {
      throw new MkbaseError('target/bad-attribute-name', `a tar cannot hold the attribute ${quoted(key)}`, {
        hint: `remove the attribute from ${quoted(head.path)}, or make a directory instead of a tar`,
      });
    }
    records.push(paxRecord(`SCHILY.xattr.${key}`, value));
  }
  return records.join('');
}

function paxHeader(path: string, records: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  const base = path.replace(/\/$/, '').split('/').at(-1)!;
  header.write(`PaxHeaders/${base}`.slice(0, NAME_LENGTH), 0, NAME_LENGTH, 'latin1');
  header.write('x', 156, 'latin1');
  writeOctal(header, 100, 8, 0o644);
  writeOctal(header, 108, 8, 0);
  writeOctal(header, 116, 8, 0);
  writeOctal(header, 124, 12, records.length);
  writeOctal(header, 136, 12, 0);
  seal(header);
  return Buffer.concat([header, Buffer.from(records, 'latin1'), tarPadding(records.length)]);
}

/** Whether a number field of `length` bytes, the last of them NUL, holds the value in octal. */
function fits(value: number, length: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 8 ** (length - 1);
}

function writeOctal(header: Buffer, offset: number, length: number, value: number): void {
  header.write(value.toString(8).padStart(length - 1, '0'), offset, length - 1, 'latin1');
}

function seal(header: Buffer): void {
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/** The shortest text that is the same number; `String` gives exponents for times near 1970. */
function decimal(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(9) : text;
}
