import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { entryOf } from '../entries.ts';
import { MkbaseError } from '../errors.ts';
import type { Event } from '../job.ts';
import { fromPortable } from '../portable-error.ts';
import type { Message, Order } from './image-process.ts';
import type { Done } from './refresh-image.ts';

export interface ProcessOptions {
  /** Ends the process; its reason is what is thrown. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit: (event: Event) => void;
}

/** Milliseconds in which a process can clean up after the signal to end. */
const GRACE = 15_000;

/** Does the order in a process of its own. */
export async function inProcess(order: Order, { signal, env, emit }: ProcessOptions): Promise<Done> {
  const child = fork(fileURLToPath(entryOf('image')), {
    serialization: 'advanced',
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let last: Message | undefined;
  let complaints = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    complaints = (complaints + bytes.toString()).slice(-2000);
  });
  child.on('message', (message: Message) => {
    if (message.type === 'event') emit(message.event);
    else last = message;
  });
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
  };
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  // The last message may still be on its way when the process has ended.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  child.send(order);
  const [[status, killedBy]] = (await ended) as [[number | null, NodeJS.Signals | null], unknown];
  signal.removeEventListener('abort', end);
  if (last?.type === 'done') return last.done;
  signal.throwIfAborted();
  if (last?.type === 'failed') throw fromPortable(last.error);
  throw new MkbaseError(
    'host/process-ended',
    `the process of the image ended by itself: ${killedBy ?? `status ${status}`}`,
    {
      hint: killedBy === 'SIGKILL' ? 'this machine may have run out of memory' : 'please report this',
      details: complaints.split('\n').filter((line) => line !== ''),
    },
  );
}
