import type { TarEntry } from '../formats/tar.ts';

/** A file of a package's control archive: a script, a list, the description itself. */
export interface ControlFile {
  readonly mode: number;
  readonly body: Buffer;
}

/** A package file, opened: bytes in, values out. */
export interface PackageFile {
  /** By name: `control`, `postinst`, `md5sums`. */
  readonly control: ReadonlyMap<string, ControlFile>;
  readonly entries: readonly TarEntry[];
  /** When the package was built, seconds since 1970. */
  readonly built: number;
}

/** The module that a family gives to the unpacking workers. */
export interface PackageReader {
  readPackage(bytes: Buffer): Promise<PackageFile>;
  /** The same without the files: what the order of installation is made from. */
  readControl(bytes: Buffer): Promise<Pick<PackageFile, 'control' | 'built'>>;
}
