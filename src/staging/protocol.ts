/** The messages between the build and its process inside the namespaces. */
import type { Account } from '../additions/account.ts';
import type { DerivedPlace } from '../derived/derived.ts';
import type { InstallJob } from '../families/family.ts';
import type { FileSystemPlace } from '../filesystem/write.ts';
import type { Hook, Verbosity } from '../hooks/hook.ts';
import type { HookRequest } from '../hooks/hook-request.ts';
import type { LayerCodec } from '../image/media-types.ts';
import type { PackedLayer } from '../image/pack-layer.ts';
import type { Event } from '../job.ts';
import type { PortableError } from '../portable-error.ts';
import type { RuleTally } from '../rootfs/exclusion-tally.ts';
import type { Compression } from '../targets/target.ts';

/** Everything that is staged lies in one directory, beside the target. */
export interface StageJob extends InstallJob {
  readonly scripts: 'run' | 'skip';
  /** Seconds that one script, or one hook, may take; null is no limit. */
  readonly scriptTimeout: number | null;
  /** The staging directory, which exists. */
  readonly directory: string;
  /** Staging directories of runs that died: removed first. */
  readonly leftovers: readonly string[];
  /** Unpacking workers; none in a builder that only removes. */
  readonly jobs: number;
  /** Where what was made is kept; it holds a secret, and so comes with this message and not before. */
  readonly derived: DerivedPlace | null;
  /** Whether jobs with the same base follow, so that it is kept at once. */
  readonly hasFollowers: boolean;
  /** The user's own programs. */
  readonly hooks: readonly Hook[];
  /** Their environment, which is not that of the process they run from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hooks are told of it, and of the packages that the user named. */
  readonly verbosity: Verbosity;
  readonly include: readonly string[];
  readonly accounts: readonly Account[];
  /** Whether there is local content to add, in the staging directory. */
  readonly hasAdditions: boolean;
  /** Whether the rootfs itself is a result, and not only what is made of it. */
  readonly keepsRootfs: boolean;
  /** Where tars go; `-` is standard output. */
  readonly tars: readonly {
    readonly file: string;
    readonly compression: Compression;
    readonly mode: number;
  }[];
  /** Where file systems go. */
  readonly fileSystems: readonly Omit<FileSystemPlace, 'jobs' | 'folder' | 'fsync'>[];
  /** Whether what stays is forced to the disk. */
  readonly fsync: boolean;
  /** How the layer of an image is packed; null makes none. */
  readonly layer: LayerCodec | null;
}

/** The settings of the process, known before the plan is made: its argument, as JSON. */
export interface BuilderSetup extends Pick<StageJob, 'mode' | 'jobs' | 'scripts' | 'scriptTimeout'> {
  readonly family: string;
}

export type ToChild =
  | { readonly type: 'stage'; readonly job: StageJob }
  /** The package at this place of the job's list is in the store. */
  | { readonly type: 'fetched'; readonly index: number; readonly file: string; readonly cached: boolean }
  /** How the request ended that was asked for last. */
  | { readonly type: 'hook-request-done'; readonly error: PortableError | null }
  /** Removes a directory and all in it, whoever owns it. */
  | { readonly type: 'remove'; readonly path: string };

export interface Staged {
  /** Scripts that did not run, as `package: script`. */
  readonly skipped: readonly string[];
  /** The layer, in the staging directory; null where none was asked for. */
  readonly layer: PackedLayer | null;
  /** The tally of each path rule. */
  readonly excluded: readonly RuleTally[];
  readonly epoch: number;
  readonly entries: number;
  /** Bytes of files. */
  readonly size: number;
}

export type FromChild =
  | { readonly type: 'entered' }
  | { readonly type: 'event'; readonly event: Event }
  /** Lines of scripts, in the place of so many `log` events. */
  | { readonly type: 'said'; readonly lines: readonly string[] }
  /** To be run outside, one at a time: its exchange is in the staging directory. */
  | { readonly type: 'hook-request'; readonly request: HookRequest }
  | { readonly type: 'staged'; readonly result: Staged }
  | { readonly type: 'removed' }
  | { readonly type: 'failed'; readonly error: PortableError };

/** Names in a staging directory. */
export const ROOTFS = 'rootfs';
export const LOG = 'log';
export const ADDITIONS = 'additions.tar';
export const LAYER = 'layer';
export const EXCHANGE = 'exchange';
