/** The messages between the pool of unpackers and its threads. */
import type { DerivedPlace } from '../derived/derived.ts';
import type { PortableError } from '../portable-error.ts';
import type { PackageFile, PackageHead } from './package-file.ts';
import type { Entry, EntryMeta } from './tree.ts';

export interface HandSetup {
  /** Whose packages they are. */
  readonly family: string;
  /** Whether owners can be set. */
  readonly owners: boolean;
  /** Whether scripts may have changed what packages were planned into. */
  readonly scripts: boolean;
}

/** A package as its reader gives it, without the contents of its files. */
export interface OpenedPackage extends Omit<PackageFile, 'entries' | 'control'> {
  readonly heads: readonly PackageHead[];
  readonly control: ControlFiles;
}

/** A package's control files by name, as they come out of a worker. */
export type ControlFiles = ReadonlyMap<string, { readonly mode: number; readonly body: Uint8Array }>;

export interface FileTask extends EntryMeta {
  /** Index of the entry that holds the content. */
  readonly entry: number;
  readonly path: string;
  /** Something is there: the file is written beside it, and a TreeEdit replaces it. */
  readonly over: boolean;
}

/** With the path at which it waits to replace it, where something is in its place. */
export type WrittenFile = FileTask & { readonly beside?: string };

/** A file that no package holds. */
export interface TextFile extends EntryMeta {
  readonly path: string;
  readonly content: Uint8Array;
}

/** Changes of the rootfs beside the packages' files, made in this order; each part may be left out. */
export interface TreeEdit {
  /** Paths to remove: files, links and empty directories. */
  readonly remove?: readonly string[];
  /** Paths of files that were written beside, in order. */
  readonly replace?: readonly string[];
  /** Everything that is not a regular file, directories before what is in them. */
  readonly entries?: readonly (readonly [string, Entry])[];
  readonly files?: readonly TextFile[];
}

/** A file that was written beside its path, and the path. */
export type Replacement = readonly [beside: string, path: string];

/** Part of a finished rootfs to copy: its files, or the rest once all files are there. */
export interface CopyTask {
  readonly from: string;
  readonly to: string;
  readonly entries: readonly (readonly [string, Entry])[];
}

export type Task = { readonly id: number } /** Names the rootfs that is to be written; first of all. */ & (
  | { readonly do: 'enter'; readonly root: string }
  /** Names where packages are kept unpacked. */
  | { readonly do: 'prepare'; readonly place: DerivedPlace | null }
  | { readonly do: 'open'; readonly file: string; readonly digest: string }
  | { readonly do: 'write'; readonly opened: number; readonly files: readonly WrittenFile[] }
  | ({ readonly do: 'edit'; readonly replace: readonly Replacement[] } & Omit<Required<TreeEdit>, 'replace'>)
  | ({ readonly do: 'copy' } & CopyTask)
  /** Waits until what was unpacked is kept. */
  | { readonly do: 'rest' }
);

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: PortableError;
  /** A notice for the user. */
  readonly notices: readonly string[];
}
