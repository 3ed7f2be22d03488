import type { TarEntry, TarHead } from '../formats/tar.ts';

/** A file of a package's control archive: a script, a list, the description itself. */
export interface ControlFile {
  readonly mode: number;
  readonly body: Buffer;
}

/** An entry of a package, with what some formats say beyond tar. */
export interface PackageHead extends TarHead {
  /** The owner by name, in formats where names win over the numbers. */
  readonly owner?: { readonly user: string; readonly group: string };
  /** SHA-1 of the content or of a link's target, base64, in formats that have one for each file. */
  readonly sha1?: string;
}

/** A package file, opened: bytes in, values out. */
export interface PackageFile {
  /** By name: `control`, `postinst`, `md5sums`. */
  readonly control: ReadonlyMap<string, ControlFile>;
  readonly entries: readonly (PackageHead & TarEntry)[];
  /** The index's identity of the package, in formats where that is not a digest of the file. */
  readonly identity?: string;
  /** Why the distribution's own tools would refuse it, in the words of a sentence after `because`. */
  readonly refusedElsewhere?: string;
  /** When the package was built, seconds since 1970. */
  readonly built: number;
}

/** The module with which a family opens its packages. */
export interface PackageReader {
  /** `plain` gets the same package with nothing packed in it, in pieces, where that is read much faster. */
  readPackage(bytes: Buffer, plain?: (pieces: readonly Buffer[]) => void): Promise<PackageFile>;
  /** Whether the extended attributes of its entries are kept. */
  readonly attributes: 'kept' | 'ignored';
}
