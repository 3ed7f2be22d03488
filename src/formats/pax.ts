import { badTar } from './tar-errors.ts';

/** Records of a PAX header by keyword; keys and values are binary strings. */
export type PaxRecords = ReadonlyMap<string, string>;

/**
 * The records of one PAX header (POSIX.1-2001 pax, "extended header"): `LENGTH KEY=VALUE\n`, where
 * LENGTH counts the whole record. Pairs of GNU's sparse format 0.0, which come once for each segment,
 * are gathered into the one list that format 0.1 has (`GNU.sparse.map`).
 *
 * @throws MkbaseError `package/bad-tar`
 */
export function readPax(body: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  const sparse: string[] = [];
  let offset = 0;
  // Some writers pad the body with NULs.
  while (offset < body.length && body[offset] !== 0) {
    const space = body.indexOf(0x20, offset);
    const digits = space === -1 ? '' : body.toString('latin1', offset, space);
    const length = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
    const end = offset + length;
    const equals = body.indexOf(0x3d, space);
    if (length === 0 || end > body.length || body[end - 1] !== 0x0a || equals === -1 || equals >= end) {
      throw badTar('a PAX record is malformed');
    }
    const key = body.toString('latin1', space + 1, equals);
    const value = body.toString('latin1', equals + 1, end - 1);
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') sparse.push(value);
    else records.set(key, value);
    offset = end;
  }
  if (sparse.length > 0) records.set('GNU.sparse.map', sparse.join(','));
  return records;
}

/** One PAX record. The length counts its own digits. */
export function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + 1;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
