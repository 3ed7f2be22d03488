/** A pool of threads that decode packages and write what they hold. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { DerivedPlace, OnNotice } from '../derived/derived.ts';
import { entryOf } from '../entries.ts';
import { fromPortable } from '../portable-error.ts';
import type { PackageReader } from './package-file.ts';
import type { Tree } from './tree.ts';
import { parentOf } from './tree-path.ts';
import type {
  Answer,
  FileTask,
  HandSetup,
  OpenedPackage,
  Replacement,
  Task,
  TreeEdit,
  WrittenFile,
} from './unpack-protocol.ts';

export interface Unpacker {
  /** Names the rootfs that is to be written; before anything is. */
  enter(root: string): Promise<void>;
  /** Names where packages are kept unpacked: there they are looked for, and put. */
  prepareIn(place: DerivedPlace | null): Promise<void>;
  /** Decodes a package file, checked again by its digest in the Lock; its contents stay with the thread. */
  open(file: string, digest: string): Promise<OpenPackage>;
  /** Makes links, directories and small files, and puts replaced files in place; paths of nodes refused. */
  edit(edit: TreeEdit): Promise<readonly string[]>;
  /** Copies a finished rootfs, of which `tree` is the Tree, into an empty directory. */
  copy(tree: Tree, from: string, to: string): Promise<void>;
  /** Until all is kept that was unpacked. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenPackage extends OpenedPackage {
  write(files: readonly FileTask[]): Promise<void>;
}

interface Member {
  /** Bytes of packages that it is yet to decode. */
  load: number;
  ask(task: Task): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Bytes of packages for which one more worker is worth its start. */
const SHARE = 4 * 2 ** 20;

export interface PoolSize {
  /** Workers to start at once. With none the calling thread does the work, as long as there is little of it. */
  readonly early: number;
  /** Threads that there may be, where there is so much to open. */
  readonly most: number;
}

/** Starts its first threads; they load while the caller goes on. */
export function createUnpacker(
  { early, most }: PoolSize,
  setup: HandSetup,
  reader: () => Promise<PackageReader>,
  notice: OnNotice = () => {},
): Unpacker {
  const members = Array.from({ length: Math.min(early, most) }, () => startWorker(setup, notice));
  if (early === 0) members.push(here(setup, reader, notice));
  let entered: string | null = null;
  let place: DerivedPlace | null = null;
  let taken = 0;
  let last = 0;
  const waiting = openWaitingRoom();
  // The last of equals: the first may be the thread that has the packages placed.
  const leastBusy = () => members.reduce((least, next) => (next.load <= least.load ? next : least));

  const grow = async () => {
    const member = startWorker(setup, notice);
    members.push(member);
    await member.ask({ id: ++last, do: 'prepare', place });
    if (entered !== null) await member.ask({ id: ++last, do: 'enter', root: entered });
  };

  return {
    async enter(root) {
      entered = root;
      await Promise.all(members.map((member) => member.ask({ id: ++last, do: 'enter', root })));
    },
    async prepareIn(where) {
      place = where;
      await Promise.all(members.map((member) => member.ask({ id: ++last, do: 'prepare', place: where })));
    },
    async open(file, digest) {
      const { size } = await stat(file);
      taken += size;
      if (members.length < most && taken > members.length * SHARE) await grow();
      const member = leastBusy();
      const id = ++last;
      member.load += size;
      const opened = (await member.ask({ id, do: 'open', file, digest })) as OpenedPackage;
      member.load -= size;
      return {
        ...opened,
        async write(files) {
          await member.ask({ id: ++last, do: 'write', opened: id, files: files.map(waiting.enter) });
        },
      };
    },
    async edit({ remove = [], replace = [], entries = [], files = [] }) {
      const replaced = { remove, replace: replace.map(waiting.leave), entries, files };
      return (await members[0]!.ask({ id: ++last, do: 'edit', ...replaced })) as string[];
    },
    async copy(tree, from, to) {
      const entries = [...tree];
      const files = entries.filter(([, { type }]) => type === 'file');
      const share = Math.ceil(files.length / members.length);
      const part = (member: Member, some: typeof entries) =>
        member.ask({ id: ++last, do: 'copy', from, to, entries: some });
      await Promise.all(members.map((member, n) => part(member, files.slice(n * share, (n + 1) * share))));
      await part(
        members[0]!,
        entries.filter(([, { type }]) => type !== 'file'),
      );
    },
    async rest() {
      await Promise.all(members.map((member) => member.ask({ id: ++last, do: 'rest' })));
    },
    async close() {
      await Promise.all(members.map((member) => member.close()));
    },
  };
}

/**
 * Where files wait beside what they replace: under names that no package can know, and each under its own, as
 * a path may be replaced more than once before it settles.
 */
function openWaitingRoom(): { enter(file: FileTask): WrittenFile; leave(path: string): Replacement } {
  const token = randomBytes(8).toString('hex');
  const waiting = new Map<string, string[]>();
  let last = 0;
  return {
    enter(file) {
      if (!file.over) return file;
      const parent = parentOf(file.path);
      const beside = `${parent}${parent === '' ? '' : '/'}.mkbase-${token}-${++last}`;
      waiting.set(file.path, [...(waiting.get(file.path) ?? []), beside]);
      return { ...file, beside };
    },
    leave(path) {
      const beside = waiting.get(path)?.shift();
      if (beside === undefined) throw new Error(`nothing waits beside ${path}`);
      return [beside, path];
    },
  };
}

/** The calling thread. */
function here(setup: HandSetup, reader: () => Promise<PackageReader>, notice: OnNotice): Member {
  const parts = Promise.all([import('./unpack-worker.ts'), reader()]);
  const worker = parts.then(([{ createUnpackWorker }, opens]) => createUnpackWorker(opens, setup, notice));
  return { load: 0, ask: async (task) => (await worker)(task), close: async () => {} };
}

function startWorker(setup: HandSetup, notice: OnNotice): Member {
  const worker = new Worker(entryOf('unpacker'), { workerData: setup });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  /** The reason why it ended: nobody would answer. */
  let failure: Error | null = null;
  worker.on('message', ({ id, value, error, notices }: Answer) => {
    notices.forEach(notice);
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(fromPortable(error));
  });
  worker.on('error', (error) => {
    failure = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  return {
    load: 0,
    ask(task) {
      if (failure !== null) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting.set(task.id, { resolve, reject });
        worker.postMessage(task);
      });
    },
    close() {
      // A worker that is ended while a native decoder runs can take the process with it.
      worker.unref();
      return worker.terminate();
    },
  };
}
