/** The process inside the namespaces, as the build sees it. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { MkbaseError } from '../errors.ts';
import type { Errand } from '../hooks/errand.ts';
import { hostPath, knownOnTheWay } from '../hooks/host-path.ts';
import type { Event } from '../job.ts';
import { fromPortable, toPortable } from '../portable-error.ts';
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

export interface Workshop {
  /** Stages the job to its end; `fetched` tells of each package as it arrives. */
  stage(job: StageJob, onEvent: (event: Event) => void): Promise<Staged>;
  fetched(index: number, file: string): void;
  /** Removes a directory with files of any owner, after what runs in it was ended. */
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; loading takes as long as reading an index, so it is started first. */
export async function openWorkshop(setup: Setup, stdout: 'inherit' | 'ignore'): Promise<Workshop> {
  const entry = new URL('inside.js', import.meta.url);
  const child = await startInside({ mode: setup.mode, entry, args: [JSON.stringify(setup)], stdout });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
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
    fetched: (index, file) => send(child, { type: 'fetched', index, file }),
    async remove(path) {
      const result = conversation(child, exited, 'removed', () => {});
      send(child, { type: 'remove', path });
      await result;
    },
    async close() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** What runs errands outside of the namespaces, for hooks of which none has run yet. */
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
  exited: Promise<void>,
  last: Type,
  onEvent: (event: Event) => void,
): Promise<FromInside & { type: Type }> {
  return new Promise((resolve, reject) => {
    const listen = (message: FromInside) => {
      if (message.type === 'event') onEvent(message.event);
      else if (message.type === last) settle(() => resolve(message as FromInside & { type: Type }));
      else if (message.type === 'failed') settle(() => reject(fromPortable(message.error)));
    };
    const settle = (act: () => void) => {
      child.off('message', listen);
      act();
    };
    child.on('message', listen);
    exited.then(() => settle(() => reject(died())));
  });
}

function send(child: ChildProcess, message: ToInside): void {
  if (child.connected) child.send(message);
}

function died(): MkbaseError {
  return new MkbaseError('host/inside-died', 'the building process ended without a word', {
    hint: 'the host may be out of memory: see its kernel log',
  });
}
