/** The process inside the namespaces, as the build sees it. */
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { entryOf } from '../entries.ts';
import { MkbaseError, quoted } from '../errors.ts';
import { FAMILIES } from '../families/index.ts';
import type { HookRequest } from '../hooks/hook-request.ts';

import { hostPath, knownOnTheWay } from '../hooks/host-path.ts';
import type { Event, Mode } from '../job.ts';
import { fromPortable, toPortable } from '../portable-error.ts';
import { type Process, wakeGroup } from '../processes.ts';
import { Root } from '../rootfs/root.ts';

import { startInside } from '../sandbox/namespaces.ts';
import {
  type BuilderSetup,
  EXCHANGE,
  type FromChild,
  type Staged,
  type StageJob,
  type ToChild,
} from './protocol.ts';
import { endTree, watchForStopped } from './watch.ts';

export interface Builder {
  /** Stages the job to its end; `fetched` tells of each package as it arrives. */
  stage(job: StageJob, onEvent: (event: Event) => void): Promise<Staged>;
  /** `cached`: it was there before this build. */
  fetched(index: number, file: string, cached: boolean): void;
  /** Removes a directory with files of any owner, after what runs in it was ended. */
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; loading takes as long as reading an index, so it is started first. */
export async function openBuilder(setup: BuilderSetup, stdout: 'inherit' | 'ignore'): Promise<Builder> {
  const entry = entryOf('builder');
  const child = await startInside({ mode: setup.mode, entry, args: [JSON.stringify(setup)], stdout });
  let end: MkbaseError | undefined;
  const watch = watchForStopped(child, (stopped) => {
    end = isStopped(stopped);
    endTree(child);
  });
  const exited = new Promise<MkbaseError>((resolve) => {
    const ended = (signal: NodeJS.Signals | null) => {
      clearInterval(watch);
      end ??= died(signal);
      resolve(end);
    };
    child.once('exit', (_, signal) => ended(signal)).once('error', () => ended(null));
  });
  return {
    async stage(job, onEvent) {
      const onHost = openHost(job);
      const result = conversation(child, exited, 'staged', onEvent);
      const run = async (message: FromChild) => {
        if (message.type !== 'hook-request') return;
        const error = await onHost(message.request).then(() => null, toPortable);
        send(child, { type: 'hook-request-done', error });
      };
      child.on('message', run);
      send(child, { type: 'stage', job });
      return (await result.finally(() => child.off('message', run))).result;
    },
    fetched: (index, file, cached) => send(child, { type: 'fetched', index, file, cached }),
    async remove(path) {
      wakeGroup(child.pid);
      const result = conversation(child, exited, 'removed', () => {});
      send(child, { type: 'remove', path });
      try {
        await result;
      } catch (error) {
        // Where there is nothing else to do, another one would fare no better.
        if (error !== end || setup.jobs === 0) throw error;
        await removeWithout(setup.mode, path);
      }
    },
    async close() {
      wakeGroup(child.pid);
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Removes a directory of a user's subordinate ids, in a builder for nothing else. */
export async function removeInside(path: string): Promise<void> {
  // It opens no package: any family will do.
  const family = FAMILIES[0]!.name;
  const setup = { family, mode: 'unshare', jobs: 0, scripts: 'skip', scriptTimeout: null } as const;
  const builder = await openBuilder(setup, 'ignore');
  try {
    await builder.remove(path);
  } finally {
    await builder.close();
  }
}

/** The builder is gone; what ran in it may take a moment to follow. */
async function removeWithout(mode: Mode, path: string): Promise<void> {
  if (mode === 'unshare') await removeInside(path);
  else await rm(path, { recursive: true, force: true, maxRetries: 10 });
}

/** Runs requests outside of the namespaces, for hooks of which none has run yet. */
function openHost({ hooks, directory }: StageJob): (request: HookRequest) => Promise<void> {
  const known = knownOnTheWay(hooks);
  const host = {
    name: 'host',
    owners: process.getuid?.() === 0,
    root: new Root('/'),
  } as const;
  return async (request) => {
    const { runHookRequest } = await import('../hooks/hook-request.ts');
    const path = hostPath(request.path, known, { follow: request.how !== 'itself' });
    await runHookRequest({ ...request, path }, join(directory, EXCHANGE), host);
  };
}

/** Waits for the message that ends a request. */
function conversation<Type extends FromChild['type']>(
  child: ChildProcess,
  exited: Promise<MkbaseError>,
  last: Type,
  onEvent: (event: Event) => void,
): Promise<FromChild & { type: Type }> {
  return new Promise((resolve, reject) => {
    const listen = (message: FromChild) => {
      if (message.type === 'event') onEvent(message.event);
      else if (message.type === 'said') for (const line of message.lines) onEvent({ type: 'log', line });
      else if (message.type === last) settle(() => resolve(message as FromChild & { type: Type }));
      else if (message.type === 'failed') settle(() => reject(fromPortable(message.error)));
    };
    const settle = (act: () => void) => {
      child.off('message', listen);
      act();
    };
    child.on('message', listen);
    exited.then((error) => settle(() => reject(error)));
  });
}

function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message);
}

function died(signal: NodeJS.Signals | null): MkbaseError {
  const how = signal === null ? 'ended without a word' : `was ended by ${signal}`;
  return new MkbaseError('host/inside-died', `the building process ${how}`, {
    hint: 'the host may be out of memory: see its kernel log',
  });
}

function isStopped({ pid, name }: Process): MkbaseError {
  return new MkbaseError(
    'host/process-stopped',
    `the process ${pid}, ${quoted(name)}, of the build is stopped`,
    {
      hint: 'a signal has stopped it, SIGSTOP or one like it: find out who sends it, and run again',
    },
  );
}
