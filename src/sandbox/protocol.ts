import type { PortableError } from '../portable-error.ts';
import type { Stub } from './stub.ts';

/** Requests to the sandbox's process 1, and its answers, over the message channel. */
export type Request =
  /** Mounts and enters `root`, which is named from outside; every later path is inside. */
  | {
      readonly call: 'enter';
      readonly root: string;
      readonly stubs: readonly Stub[];
      readonly arch: string | null;
    }
  /** Undoes what `enter` has put into the rootfs, where it could not be mounted over it, and ends. */
  | { readonly call: 'leave' }
  /** Mounts below `root`, if there is one, and stays outside of it. */
  | { readonly call: 'accompany'; readonly root: string | null }
  | { readonly call: 'run'; readonly command: Command }
  | { readonly call: 'read'; readonly path: string }
  | { readonly call: 'write'; readonly path: string; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly call: 'edit'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly call: 'remove'; readonly path: string }
  | { readonly call: 'list'; readonly path: string };

/** The owner has dealt with a batch of what commands said. */
export interface Taken {
  readonly call: 'taken';
  /** The id of the batch. */
  readonly id: number;
}

export type Requested<Call extends Request['call']> = Request & { readonly call: Call };

export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Standard input; /dev/null by default. */
  readonly input?: string;
  /** Where it runs; `/` is the default. */
  readonly cwd?: string;
}

export type Numbered = (Request & { readonly id: number }) | Taken;

export type Reply =
  /** Lines of a running command. Where they are numbered as a batch, more come when that is taken. */
  | (Said & { readonly id: number; readonly batch?: number })
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PortableError }
  /** Why the sandbox ends. */
  | { readonly failure: PortableError };

export interface Said {
  /** From standard output or error. */
  readonly lines?: readonly string[];
  /** From descriptor 3, dpkg's `--status-fd`. */
  readonly statuses?: readonly string[];
}
