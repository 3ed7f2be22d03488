import type { TarHead } from '../../../formats/tar.ts';
import { endOfTar, tarHeader, tarPadding } from '../../../formats/tar-writer.ts';
import type { ControlFile } from '../../../rootfs/package-file.ts';

/** A path of a package with its owner's names, which dpkg resolves in the base. */
export interface PackedEntry extends TarHead {
  readonly uname: string;
  readonly gname: string;
  /** As many bytes as `size` says. */
  readonly content: () => Buffer | Iterable<Buffer>;
}

export interface PackedDeb {
  readonly control: ReadonlyMap<string, ControlFile>;
  readonly entries: readonly PackedEntry[];
  /** Seconds since 1970: the time of the members and of the control files. */
  readonly built: number;
}

/**
 * A binary package of format 2.0, deb(5), in pieces. Nothing is compressed, so that the same entries give the same
 * bytes on every machine.
 *
 * @throws whatever the content of an entry throws; RangeError where it has another size than its entry
 */
export function* packDeb({ control, entries, built }: PackedDeb): Generator<Buffer> {
  const controlTar = Buffer.concat([...tarPieces(controlEntries(control, built))]);
  yield Buffer.from('!<arch>\n');
  yield memberHeader('debian-binary', 4, built);
  yield Buffer.from('2.0\n');
  yield memberHeader('control.tar', controlTar.length, built);
  yield controlTar;
  yield memberHeader('data.tar', tarSize(entries), built);
  yield* tarPieces(entries);
}

function controlEntries(control: ReadonlyMap<string, ControlFile>, built: number): PackedEntry[] {
  const root = { ...ROOT_OWNED, mtime: built, path: './', type: 'dir', mode: 0o755, size: 0 } as const;
  const files = Array.from(control, ([name, { mode, body }]): PackedEntry => {
    const content = () => body;
    return { ...ROOT_OWNED, mtime: built, path: `./${name}`, type: 'file', mode, size: body.length, content };
  });
  return [{ ...root, content: () => Buffer.alloc(0) }, ...files];
}

const ROOT_OWNED = { uid: 0, gid: 0, uname: 'root', gname: 'root', link: '', major: 0, minor: 0 } as const;

function tarSize(entries: readonly PackedEntry[]): number {
  const sizes = entries.map((entry) => head(entry).length + entry.size + tarPadding(entry.size).length);
  return sizes.reduce((sum, size) => sum + size, endOfTar().length);
}

function* tarPieces(entries: readonly PackedEntry[]): Generator<Buffer> {
  for (const entry of entries) {
    yield head(entry);
    if (entry.type === 'file') yield* exactly(entry);
    yield tarPadding(entry.size);
  }
  yield endOfTar();
}

function* exactly({ path, size, content }: PackedEntry): Generator<Buffer> {
  const given = content();
  let left = size;
  for (const piece of Buffer.isBuffer(given) ? [given] : given) {
    left -= piece.length;
    if (left >= 0) yield piece;
  }
  if (left !== 0) throw new RangeError(`${path} has not the ${size} bytes of its entry`);
}

function head(entry: PackedEntry): Buffer {
  return tarHeader(entry, { user: entry.uname, group: entry.gname });
}

/** 60 bytes; all members have an even length. */
function memberHeader(name: string, size: number, time: number): Buffer {
  const fields = [
    name.padEnd(16),
    String(time).padEnd(12),
    '0     ',
    '0     ',
    '100644  ',
    String(size).padEnd(10),
  ];
  return Buffer.from(`${fields.join('')}\`\n`, 'latin1');
}
