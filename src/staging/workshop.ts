/** The process inside the namespaces, as the build sees it. */
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { entryOf } from '../entries.ts';
import { MkbaseError, quoted } from '../errors.ts';
import { FAMILIES } from '../families/index.ts';
import type { Errand } from '../hooks/errand.ts';

import { hostPath, knownOnTheWay } from '../hooks/host-path.ts';
import type { Event, Mode } from '../job.ts';
import { fromPortable, toPortable } from '../portable-error.ts';
import { type Process, wakeGroup } from '../processes.ts';
import { Root } from '../rootfs/root.ts';

import { startInside } from '../sandbox/namespaces.ts';
import {
  EXCHANGE,
  type FromInside,
  type Setup,
  type Staged,
  type StageJob,
  type ToInside,
} from './protocol.ts';
import { endTree, watchForStopped } from './watch.ts';

export interface Workshop {
  /** Stages the job to its end; `fetched` tells of each package as it arrives. */
  stage(job: StageJob, onEvent: (event: Event) => void): Promise<Staged>;
  /** `cached`: it was there before this build. */
  fetched(index: number, file: string, cached: boolean): void;
  /** Removes a directory with files of any owner, after what runs in it was ended. */
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; loading takes as long as reading an index, so it is started first. */
export async function openWorkshop(setup: Setup, stdout: 'inherit' | 'ignore'): Promise<Workshop> {
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
      const run = async (message: FromInside) => {
        if (message.type !== 'errand') return;
        const error = await onHost(message.errand).then(() => null, toPortable);
        send(child, { type: 'errand-done', error });
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

/** Removes a directory of a user's subordinate ids, in a workshop for nothing else. */
export async function removeInside(path: string): Promise<void> {
  // It opens no package: any family will do.
  const family = FAMILIES[0]!.name;
  const setup = { family, mode: 'unshare', jobs: 0, scripts: 'skip', scriptTimeout: null } as const;
  const workshop = await openWorkshop(setup, 'ignore');
  try {
    await workshop.remove(path);
  } finally {
    await workshop.close();
  }
}

/** The workshop is gone; what ran in it may take a moment to follow. */
async function removeWithout(mode: Mode, path: string): Promise<void> {
  if (mode === 'unshare') await removeInside(path);
  else await rm(path, { recursive: true, force: true, maxRetries: 10 });
}

/** Runs errands outside of the namespaces, for hooks of which none has run yet. */
function openHost({ hooks, directory }: StageJob): (errand: Errand) => Promise<void> {
  const known = knownOnTheWay(hooks);
  const host = {
    name: 'host',
    owners: process.getuid?.() === 0,
    root: new Root('/'),
  } as const;
  return async (errand) => {
    const { runErrand } = await import('../hooks/errand.ts');
    const path = hostPath(errand.path, known, { follow: errand.how !== 'itself' });
    await runErrand({ ...errand, path }, join(directory, EXCHANGE), host);
  };
}

/** Waits for the message that ends a request. */
function conversation<Type extends FromInside['type']>(
  child: ChildProcess,
  exited: Promise<MkbaseError>,
  last: Type,
  onEvent: (event: Event) => void,
): Promise<FromInside & { type: Type }> {
  return new Promise((resolve, reject) => {
    const listen = (message: FromInside) => {
      if (message.type === 'event') onEvent(message.event);
      else if (message.type === 'said') for (const line of message.lines) onEvent({ type: 'log', line });
      else if (message.type === last) settle(() => resolve(message as FromInside & { type: Type }));
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

function send(child: ChildProcess, message: ToInside): void {
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
