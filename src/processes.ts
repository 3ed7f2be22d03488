/** The processes of this machine, as /proc shows them. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** proc_pid_stat(5): `T` is stopped by a signal, `Z` has ended. */
  readonly state: string;
  /** When it began, in ticks since the machine did: no two of one number have the same. */
  readonly start: string;
}

/** All descendants of `pid`; empty where there is no /proc. */
export function descendantsOf(pid: number): readonly Process[] {
  const children = new Map<number, Process[]>();
  for (const process of allProcesses()) {
    children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
  }
  const found = [...(children.get(pid) ?? [])];
  // Those of the ones that are found come after them.
  for (const process of found) found.push(...(children.get(process.pid) ?? []));
  return found;
}

/** SIGCONT to a whole process group: a stopped one would not even end. */
export function wakeGroup(pid: number | undefined): void {
  if (pid !== undefined) sendSignal(-pid, 'SIGCONT');
}

/** A signal to what may have ended by now, or may be another user's. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Nothing is to be done about either.
  }
}

function allProcesses(): readonly Process[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []));
}

/** Null where there is none. */
export function readProcess(pid: number): Process | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name, which may hold spaces and brackets.
    const [begin, end] = [text.indexOf('('), text.lastIndexOf(')')];
    const fields = text.slice(end + 2).split(' ');
    const [state = '', parent] = fields;
    return { pid, parent: Number(parent), name: text.slice(begin + 1, end), state, start: fields[19] ?? '' };
  } catch {
    return null;
  }
}
