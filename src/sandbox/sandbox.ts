/** The sandbox as its owner sees it: a root filesystem in which commands run and files are touched. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { entryOf } from '../entries.ts';
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import type { Mode } from '../job.ts';
import { ownerKeepsUp } from '../owner.ts';
import { fromPortable } from '../portable-error.ts';
import { wakeGroup } from '../processes.ts';
import { durationText } from '../text.ts';
import type { Command, Reply, Request } from './protocol.ts';
import type { Stub } from './stub.ts';

export interface Sandbox {
  /**
   * Makes `root` the sandbox's root; once, before anything else. Until the sandbox ends, the stubs replace their
   * programs; the files themselves stay untouched.
   */
  enter(root: string, options?: EnterOptions): Promise<void>;
  /**
   * Instead of entering: commands see the host's files, have every capability, and find the sandbox's file
   * systems, but for /tmp, mounted below `root`, if there is one.
   */
  accompany(root: string | null): Promise<void>;
  /** Runs a command to its end and gives its exit status. */
  run(command: Command, listen?: Listener): Promise<number>;
  /**
   * The file's bytes, or null where there is none.
   *
   * @throws MkbaseError `script/not-a-file` where something else is there
   */
  read(path: string): Promise<Buffer | null>;
  /** Makes or replaces a file, with its directories. */
  write(path: string, bytes: Uint8Array | string, mode?: number): Promise<void>;
  /** Changes the content of an existing file; its owner and mode stay. A link is refused: it is not a file. */
  edit(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file or a whole directory; a missing path is not an error. */
  remove(path: string): Promise<void>;
  /** Names in a directory, sorted; empty where there is none. */
  list(path: string): Promise<readonly string[]>;
  /** Ends every process in the sandbox and waits until they are gone. */
  close(): Promise<void>;
}

export interface EnterOptions {
  readonly stubs?: readonly Stub[];
  /** The rootfs's architecture, by its distribution's name: decides how its programs may make sockets. */
  readonly arch?: string | null;
}

export interface Listener {
  line?(line: string): void;
  status?(line: string): void;
}

export interface SandboxOptions {
  /** Seconds for each command, from its beginning or from its last status line; null is no limit. */
  readonly limit: number | null;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly listen: Listener;
}

/** The namespaces of a sandbox: all but the user's. Its mounts are seen by nobody else. */
const UNSHARE = ['unshare', '--mount', '--propagation=slave', '--pid', '--net', '--ipc', '--uts'];

/**
 * Starts the sandbox's process 1 in new mount, pid, network, ipc and uts namespaces; with mode `chroot` a
 * process that has none of them. It is cheap to start early: nothing is mounted before `enter`.
 */
export function startSandbox(mode: Mode, options: SandboxOptions = { limit: null }): Sandbox {
  const entry = fileURLToPath(entryOf('guest'));
  const isolated = mode === 'chroot' ? [] : [...UNSHARE, '--fork', '--kill-child'];
  const [program = '', ...args] = [...isolated, process.execPath, entry, mode];
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  // A group of its own, which can be woken up as a whole.
  const child = spawn(program, args, { stdio: [...stdio], serialization: 'advanced', detached: true });
  return clientOf(child, options);
}

function clientOf(child: ChildProcess, { limit }: SandboxOptions): Sandbox {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let ended = false;
  let failure: Error | undefined;
  const exited = new Promise<void>((resolve) => {
    const end = (_: unknown, signal?: NodeJS.Signals | null) => {
      ended = true;
      for (const { reject } of waiting.values()) reject(died(failure, signal));
      waiting.clear();
      resolve();
    };
    child.once('exit', end).once('error', (error) => end(error));
  });
  child.on('message', async (reply: Reply) => {
    if ('failure' in reply) {
      failure = fromPortable(reply.failure);
      return;
    }
    const call = waiting.get(reply.id);
    if ('value' in reply || 'error' in reply) {
      waiting.delete(reply.id);
      if ('value' in reply) call?.resolve(reply.value);
      else call?.reject(fromPortable(reply.error));
      return;
    }
    try {
      for (const line of reply.lines ?? []) call?.listen.line?.(line);
      for (const status of reply.statuses ?? []) call?.listen.status?.(status);
    } catch (error) {
      waiting.delete(reply.id);
      call?.reject(error as Error);
    }
    if (reply.batch === undefined) return;
    await ownerKeepsUp();
    if (child.connected) child.send({ call: 'taken', id: reply.batch });
  });

  function ask(request: Request, listen: Listener = {}): Promise<unknown> {
    if (ended) return Promise.reject(died(failure));
    const id = ++last;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, listen });
      child.send({ ...request, id });
    });
  }
  /** The same with an end to it. */
  async function askInTime(command: Command, listen: Listener): Promise<unknown> {
    if (limit === null) return ask({ call: 'run', command }, listen);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooSlow(command, limit)), limit * 1000);
    });
    const status = (line: string) => {
      timer?.refresh();
      listen.status?.(line);
    };
    try {
      return await Promise.race([ask({ call: 'run', command }, { ...listen, status }), late]);
    } finally {
      clearTimeout(timer);
    }
  }
  async function orNothing<T>(answer: Promise<unknown>, nothing: T): Promise<T> {
    try {
      return (await answer) as T;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return nothing;
      throw error;
    }
  }

  return {
    async enter(root, { stubs = [], arch = null } = {}) {
      await ask({ call: 'enter', root, stubs, arch });
    },
    async accompany(root) {
      await ask({ call: 'accompany', root });
    },
    async run(command, listen = {}) {
      return (await askInTime(command, listen)) as number;
    },
    async read(path) {
      const bytes = await orNothing<Uint8Array | null>(ask({ call: 'read', path }), null);
      return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    async write(path, bytes, mode = 0o644) {
      await ask({ call: 'write', path, bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, mode });
    },
    async edit(path, bytes) {
      await ask({ call: 'edit', path, bytes });
    },
    async remove(path) {
      await ask({ call: 'remove', path });
    },
    async list(path) {
      return (await orNothing<string[]>(ask({ call: 'list', path }), [])).sort();
    },
    async close() {
      wakeGroup(child.pid);
      // Not by closing the channel: amid a message Node waits for the rest of it, which may never come.
      await ask({ call: 'leave' }).catch(() => {}); // That it has ended is what is meant.
      await exited;
    },
  };
}

function died(cause: Error | undefined, signal?: NodeJS.Signals | null): MkbaseError {
  const how = signal ? ` by ${signal}` : '';
  return new MkbaseError('script/sandbox-died', `the sandbox ended${how} while a script was running`, {
    hint: 'the host may be out of memory: see its kernel log',
    ...(cause !== undefined && { details: [reasonOf(cause)], cause }),
  });
}

function tooSlow({ argv }: Command, limit: number): MkbaseError {
  const name = quoted(argv[0] ?? '');
  return new MkbaseError('script/timeout', `${name} did not end within ${durationText(limit * 1000)}`, {
    hint: 'see what it said last in the log; `--script-timeout` sets another limit, or `none`',
  });
}
