/**
 * The intended entry of each path of a root filesystem, whoever made the files: uid, gid, modes, times and
 * device numbers are here even where the user could not set them on disk.
 *
 * Paths and link targets are bytes. They are held as *binary strings*, one character (U+0000 to
 * U+00FF) per byte, so that JavaScript's string order is byte order and a non-UTF-8 name survives:
 * `Buffer.from(path, 'latin1')` gives the bytes for a system call.
 */
export interface EntryMeta {
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; may have a fraction and may be negative. */
  readonly mtime: number;
  /** Extended attributes by full name (`security.capability`), values as binary strings. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

export type Entry = EntryMeta &
  (
    | { readonly type: 'file'; readonly size: number }
    | { readonly type: 'dir' }
    | { readonly type: 'symlink'; readonly target: string }
    /** `target` is the path, in the same tree, of the first name of the same file. */
    | { readonly type: 'hardlink'; readonly target: string }
    | { readonly type: 'char' | 'block'; readonly major: number; readonly minor: number }
    | { readonly type: 'fifo' }
  );

/** The entry at a path, as far as placing more beside it needs to know. Every entry is one. */
export type Place =
  | { readonly type: Exclude<Entry['type'], 'symlink'> }
  | { readonly type: 'symlink'; readonly target: string };

/** Path → entry. Paths are relative to the root without a leading slash; the root itself is `''`. */
export type Tree = ReadonlyMap<string, Entry>;
