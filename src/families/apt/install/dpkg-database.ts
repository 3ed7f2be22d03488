/** The files of dpkg's database that unpacking writes, dpkg(1) FILES. Pure: paths and texts out. */
import type { ControlFiles, TextFile } from '../../../rootfs/unpack-protocol.ts';
import type { Control } from '../package/control.ts';
import type { PlacedPackage } from './placement.ts';
import { addInterests, type Interest, readInterests } from './triggers.ts';

export const DPKG_DIR = 'var/lib/dpkg';

/** An opened package, for its database entries. */
export interface Opened {
  readonly control: Control;
  readonly files: ControlFiles;
  readonly interests: readonly Interest[];
}

/**
 * `info/NAME.*` of a package: its control files but `control`, and the list of its paths. dpkg passes over
 * names with a dot, such as editors' backups, and over a list that a package brings.
 */
export function infoFiles(
  { control, files }: Opened,
  { paths }: PlacedPackage,
  mtime: number,
): readonly TextFile[] {
  const base = `${DPKG_DIR}/info/${control.infoName}`;
  const kept = Array.from(files)
    .filter(([name]) => name !== 'control' && name !== 'list' && !name.includes('.'))
    .map(([name, { mode, body }]) => textFile(`${base}.${name}`, body, mtime, mode));
  return [...kept, textFile(`${base}.list`, listText(paths), mtime)];
}

/** A `.list` file of dpkg's database: a path a line. */
export function listText(paths: Iterable<string>): string {
  return Array.from(paths, (path) => `${path}\n`).join('');
}

/** The interests of a package's `triggers` file. */
export function interestsOf(files: ControlFiles): readonly Interest[] {
  const triggers = files.get('triggers');
  return triggers === undefined ? [] : readInterests(Buffer.from(triggers.body).toString('latin1'));
}

/** `triggers/*` once the packages are unpacked; `before` gives what such a file holds already. */
export function triggerFiles(
  packages: readonly Opened[],
  before: (name: string) => string,
  mtime: number,
): readonly TextFile[] {
  const interested = packages.map(({ control, interests }) => ({ infoName: control.infoName, interests }));
  return Array.from(addInterests(interested, before), ([name, text]) =>
    textFile(`${DPKG_DIR}/triggers/${name}`, text, mtime),
  );
}

/** A file of root's; text is of binary strings. */
export function textFile(path: string, content: Uint8Array | string, mtime: number, mode = 0o644): TextFile {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return { path, content: bytes, mode, uid: 0, gid: 0, mtime };
}
