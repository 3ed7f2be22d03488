import { gzipSync } from 'node:zlib';
import { tarPadding } from '../../../formats/tar-writer.ts';
import type { ControlFiles } from '../../../rootfs/unpack-protocol.ts';
import type { PackageRecord } from './package-record.ts';

/** The scripts that a package may have, in apk's order. */
const SCRIPTS = [
  'pre-install',
  'post-install',
  'pre-deinstall',
  'post-deinstall',
  'pre-upgrade',
  'post-upgrade',
  'trigger',
] as const;
export type ScriptType = (typeof SCRIPTS)[number];

export interface Scripted {
  readonly record: PackageRecord;
  readonly control: ControlFiles;
}

/** `scripts.tar`: the scripts of all packages in the order of installation, as `NAME-VERSION.IDENTITY.TYPE`. */
export function scriptsArchive(packages: readonly Scripted[], epoch: number): Buffer {
  return archiveOf(packages, epoch, ({ identity }) => identity);
}

/** `scripts.tar.gz`, as apk 3 makes it in a new root: a package's SHA-1 is in hex, after `X1`. */
export function packedScriptsArchive(packages: readonly Scripted[], epoch: number): Buffer {
  const hex = ({ identity }: PackageRecord): string =>
    `X1${Buffer.from(identity.slice('Q1'.length), 'base64').toString('hex')}`;
  return gzipSync(archiveOf(packages, epoch, hex));
}

function archiveOf(
  packages: readonly Scripted[],
  epoch: number,
  digestOf: (record: PackageRecord) => string,
): Buffer {
  const blocks = packages.flatMap(({ record, control }) =>
    SCRIPTS.flatMap((type) => {
      const script = control.get(`.${type}`)?.body;
      if (script === undefined) return [];
      const { info } = record;
      const name = `${info.name}-${info.version}.${digestOf(record)}.${type}`;
      const head = header(name, { size: script.length, mtime: info.buildTime || epoch });
      return [head, script, tarPadding(script.length)];
    }),
  );
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

const BLOCK = 512;
/** A name is cut to what its field holds with the NUL that ends it. */
const LONGEST_NAME = 99;

/**
 * apk's own header (`apk_tar_write_entry`): GNU's magic, and no other field than these. The package's tar
 * writer makes ustar, and the database would differ from apk's in each header.
 */
function header(name: string, { size, mtime }: { readonly size: number; readonly mtime: number }): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name.slice(0, LONGEST_NAME), 0, 'latin1');
  block.write('0000755\x000000000\x000000000', 100, 'latin1');
  block.write(octal(size) + octal(mtime), 124, 'latin1');
  block.write('        0', 148, 'latin1');
  block.write('ustar  ', 257, 'latin1');
  block.write('root', 265, 'latin1');
  block.write('root', 297, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** No NUL ends these two fields. */
function octal(value: number): string {
  return value.toString(8).padStart(12, '0');
}
