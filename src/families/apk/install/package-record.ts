import type { PkgInfo } from '../package/pkginfo.ts';

/** Owner and mode as the installed database has them. */
export interface Acl {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
  /** `Q1` and the base64 of the SHA-1 over all attributes; null where there are none. */
  readonly xattrs: string | null;
}

export interface FileRecord {
  readonly acl: Acl;
  /** SHA-1, base64; null for what has no content: device nodes. */
  readonly sha1: string | null;
}

export interface DirectoryRecord {
  acl: Acl;
  /** By name, in the order of the archive. */
  readonly files: Map<string, FileRecord>;
}

/** A package as the installed database knows it. Pure data: placement fills it, texts are made of it. */
export interface PackageRecord {
  readonly info: PkgInfo;
  /** The architecture of the index's stanza, which may name another one than the package itself. */
  readonly arch: string;
  readonly identity: string;
  /** Bytes of the package file. */
  readonly size: number;
  /** The tag by which its repository was allowed, without the `@`. */
  readonly tag: string | null;
  /** By path as the package names it, the root `''`, in the order of the archive. */
  readonly directories: Map<string, DirectoryRecord>;
}
