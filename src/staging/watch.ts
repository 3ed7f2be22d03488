import type { ChildProcess } from 'node:child_process';
import { descendantsOf, type Process, readProcess, sendSignal } from '../processes.ts';

/** Milliseconds; what is stopped twice in a row is not going on by itself. */
const INTERVAL = 15_000;

/** Looks now and then whether a process is stopped that this one, or what it has started, is waiting for. */
export function watchForStopped({ pid }: ChildProcess, tell: (stopped: Process) => void): NodeJS.Timeout {
  let before = new Set<string>();
  const look = () => {
    const stopped = treeOf(pid).filter(({ state }) => state === 'T');
    const lasting = stopped.find(({ pid, start }) => before.has(`${pid} ${start}`));
    before = new Set(stopped.map(({ pid, start }) => `${pid} ${start}`));
    if (lasting !== undefined) tell(lasting);
  };
  return setInterval(look, INTERVAL).unref();
}

/** Ends it with all that it has started; what is another user's ends with its namespaces. */
export function endTree({ pid }: ChildProcess): void {
  for (const process of treeOf(pid)) sendSignal(process.pid, 'SIGKILL');
}

function treeOf(pid: number | undefined): readonly Process[] {
  const top = pid === undefined ? null : readProcess(pid);
  return top === null ? [] : [top, ...descendantsOf(top.pid)];
}
