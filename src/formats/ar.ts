import { MkbaseError, quoted } from '../errors.ts';

/** A member of an ar archive. `body` is a view of the archive's bytes, not a copy. */
export interface ArMember {
  /** Binary string, without the `/` that GNU ar ends names with. */
  readonly name: string;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly body: Buffer;
}

const MAGIC = '!<arch>\n';
const HEADER_SIZE = 60;

/**
 * The members of an ar archive in the common format of deb(5): 60-byte headers, bodies padded to an
 * even length, no symbol or long-name tables. The bytes after a member are read when the next one is asked for.
 *
 * @throws MkbaseError `package/bad-ar`: wrong magic, a malformed header, a member cut short
 */
export function* readAr(bytes: Buffer): Generator<ArMember> {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw badAr(bytes.length < MAGIC.length ? 'it is too short' : 'it does not begin with `!<arch>`');
  }
  let offset = MAGIC.length;
  while (offset < bytes.length) {
    const member = readMember(bytes, offset);
    yield member;
    // The pad byte of the last member is missing in some archives; dpkg reads those too.
    offset += HEADER_SIZE + member.body.length + (member.body.length % 2);
  }
}

function readMember(bytes: Buffer, offset: number): ArMember {
  const header = bytes.toString('latin1', offset, offset + HEADER_SIZE);
  if (header.length < HEADER_SIZE) throw badAr(`it ends inside the member header at byte ${offset}`);
  if (!header.endsWith('`\n')) throw badAr(`there is no member header at byte ${offset}`);
  const number = (start: number, end: number, radix: 8 | 10) => {
    const digits = header.slice(start, end).trimEnd();
    if (!(radix === 8 ? /^[0-7]*$/ : /^\d*$/).test(digits)) {
      throw badAr(`the member header at byte ${offset} has a field that is not a number`);
    }
    return digits === '' ? 0 : Number.parseInt(digits, radix);
  };
  const name = header.slice(0, 16).trimEnd().replace(/\/$/, '');
  const size = number(48, 58, 10);
  const start = offset + HEADER_SIZE;
  if (start + size > bytes.length) {
    throw badAr(`its member ${quoted(name)} should have ${size} bytes and has ${bytes.length - start}`);
  }
  return {
    name,
    mtime: number(16, 28, 10),
    uid: number(28, 34, 10),
    gid: number(34, 40, 10),
    mode: number(40, 48, 8),
    body: bytes.subarray(start, start + size),
  };
}

/** An archive of the members in pieces, all of one time and of root: what readAr reads. */
export function writeAr(
  mtime: number,
  members: readonly (readonly [name: string, body: Buffer])[],
): Buffer[] {
  return [
    Buffer.from(MAGIC),
    ...members.flatMap(([name, body]) => {
      const fields = [name.padEnd(16), String(mtime).padEnd(12), '0     ', '0     ', '100644  '];
      const header = Buffer.from(`${fields.join('')}${String(body.length).padEnd(10)}\`\n`, 'latin1');
      return [header, body, Buffer.from('\n'.repeat(body.length % 2))];
    }),
  ];
}

function badAr(reason: string): MkbaseError {
  return new MkbaseError('package/bad-ar', `not a sound ar archive: ${reason}`, {
    hint: 'fetch the file again; it is damaged or not a package',
  });
}
