/** A tar writer for tests: GNU dialect as in every .deb, and able to write archives that no honest tool would. */

export interface TarSpec {
  /** Written as it is; one character is one byte. A directory's trailing slash is added. */
  readonly path: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';
  readonly content?: string | Buffer;
  /** Default 0644, directories 0755, symlinks 0777. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly user?: string;
  readonly group?: string;
  /** Seconds since 1970. */
  readonly mtime?: number;
  readonly target?: string;
  readonly device?: readonly [major: number, minor: number];
  /** Records of a PAX header before the entry, e.g. `SCHILY.xattr.user.x`. */
  readonly pax?: Readonly<Record<string, string | Buffer>>;
  /** The size that the header claims, where it differs from the content's. */
  readonly claimedSize?: number;
}

const TYPE_FLAGS = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const;
const BLOCK = 512;

export function buildTar(entries: readonly TarSpec[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(2 * BLOCK)]);
}

function entryBlocks(entry: TarSpec): Buffer[] {
  const type = entry.type ?? 'file';
  const path = Buffer.from(
    type === 'directory' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path,
    'latin1',
  );
  const target = Buffer.from(entry.target ?? '', 'latin1');
  const content = Buffer.from(entry.content ?? '');
  const blocks: Buffer[] = [];
  if (entry.pax !== undefined) blocks.push(...member('x', paxRecords(entry.pax)));
  if (target.length > 100) blocks.push(...member('K', Buffer.concat([target, Buffer.alloc(1)])));
  if (path.length > 100) blocks.push(...member('L', Buffer.concat([path, Buffer.alloc(1)])));
  const header = Buffer.alloc(BLOCK);
  path.copy(header, 0, 0, 100);
  writeNumber(header, 100, 8, entry.mode ?? defaultMode(type));
  writeNumber(header, 108, 8, entry.uid ?? 0);
  writeNumber(header, 116, 8, entry.gid ?? 0);
  writeNumber(header, 124, 12, entry.claimedSize ?? content.length);
  writeNumber(header, 136, 12, entry.mtime ?? 1_600_000_000);
  header.write(TYPE_FLAGS[type], 156);
  target.copy(header, 157, 0, 100);
  header.write('ustar  \0', 257, 'latin1');
  header.write(entry.user ?? 'root', 265, 32);
  header.write(entry.group ?? 'root', 297, 32);
  if (entry.device !== undefined) {
    writeNumber(header, 329, 8, entry.device[0]);
    writeNumber(header, 337, 8, entry.device[1]);
  }
  blocks.push(withChecksum(header), ...padded(content));
  return blocks;
}

function member(flag: string, content: Buffer): Buffer[] {
  const header = Buffer.alloc(BLOCK);
  header.write('././@LongLink', 0);
  for (const offset of [100, 108, 116]) writeNumber(header, offset, 8, 0);
  writeNumber(header, 124, 12, content.length);
  writeNumber(header, 136, 12, 0);
  header.write(flag, 156);
  header.write('ustar  \0', 257, 'latin1');
  return [withChecksum(header), ...padded(content)];
}

/** POSIX.1-2017 pax: `length key=value\n`, where the length counts itself. */
function paxRecords(records: Readonly<Record<string, string | Buffer>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
}

function writeNumber(header: Buffer, offset: number, width: number, value: number): void {
  const digits = value < 0 ? '' : value.toString(8).padStart(width - 1, '0');
  if (value >= 0 && digits.length < width) {
    header.write(`${digits}\0`, offset, 'latin1');
    return;
  }
  let rest = BigInt.asUintN(8 * (width - 1), BigInt(value));
  for (let at = offset + width - 1; at > offset; at--) {
    header[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  header[offset] = value < 0 ? 0xff : 0x80;
}

function withChecksum(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function padded(content: Buffer): Buffer[] {
  return [content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
}

function defaultMode(type: TarSpec['type']): number {
  if (type === 'directory') return 0o755;
  return type === 'symlink' ? 0o777 : 0o644;
}
