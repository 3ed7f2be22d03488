/**
 * Names of unfinished files. After SIGKILL nobody tidies up, so each name identifies the run that makes it:
 * the next run removes those of dead runs, and keeps those of living ones. A process id
 * alone would not do: another container that shares the folder has its own.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProcess } from './processes.ts';

/** Milliseconds after which no run is still at work, wherever it was. */
const ABANDONED = 24 * 3600 * 1000;

const MARK = /^([0-9a-f]{8})-(\d+)-(\d+)-\d+$/;
const NAME = /^(.+)\.mkbase\.([0-9a-f]{8}-\d+-\d+-\d+)$/s;

/** `unknown`: it counts its processes elsewhere. */
export type Fate = 'alive' | 'dead' | 'unknown';

export interface Unfinished {
  readonly path: string;
  readonly pid: number;
  readonly fate: Fate;
  /** Whether it may be removed. */
  readonly isAbandoned: boolean;
}

/** The name of a file while this process makes it; another one each time. */
export function unfinishedName(name: string): string {
  return `${name}.mkbase.${ownMark()}`;
}

/** Whether a name is that of something that is, or was, being made. */
export function isUnfinished(name: string): boolean {
  return NAME.test(name);
}

/** Unfinished files that runs of this user are making or have left in a directory, of one name or of all. */
export async function findUnfinished(directory: string, name?: string): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  for (const entry of await readdir(directory)) {
    const [, of, mark] = NAME.exec(entry) ?? [];
    if (mark === undefined || (name !== undefined && of !== name)) continue;
    const path = join(directory, entry);
    const stat = await lstat(path).catch(() => null);
    // Another user's files in a shared folder must not be walked through, least of all as root.
    if (stat === null || stat.uid !== process.getuid?.()) continue;
    const fate = fateOf(mark);
    const isAbandoned = fate === 'dead' || (fate === 'unknown' && Date.now() - stat.mtimeMs > ABANDONED);
    found.push({ path, pid: pidOf(mark), fate, isAbandoned });
  }
  return found;
}

/** A folder for what this run alone needs; those that killed runs have left are removed. */
export async function makeWorkFolder(name: string): Promise<string> {
  for (const { path, isAbandoned } of await findUnfinished(tmpdir(), name)) {
    // Another run may be removing it, too.
    if (isAbandoned) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
  const path = join(tmpdir(), unfinishedName(name));
  await mkdir(path, { mode: 0o700 });
  return path;
}

let count = 0;

/** `PLACE-PID-START-COUNT`: names this process for good, and is another one each time. */
export function ownMark(): string {
  return `${ownPlace()}-${process.pid}-${startOf(process.pid) ?? 0}-${count++}`;
}

/** The fate of the run that left a mark; unknown for another place. */
export function fateOf(mark: string): Fate {
  const [, place, pid, start] = MARK.exec(mark) ?? [];
  if (place !== ownPlace()) return 'unknown';
  return startOf(Number(pid)) === start ? 'alive' : 'dead';
}

/** The process that left a mark, by its number in its own place. */
export function pidOf(mark: string): number {
  return Number(MARK.exec(mark)?.[2]);
}

let place: string | undefined;

/** Where the numbers of processes mean the same: one namespace, since the machine started. */
function ownPlace(): string {
  place ??= namespaceOf() ?? randomBytes(4).toString('hex');
  return place;
}

/** Null where /proc is missing, or that of another namespace: then nothing is known of any process. */
function namespaceOf(): string | null {
  try {
    if (readlinkSync('/proc/self') !== String(process.pid)) return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    const text = `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    return createHash('sha256').update(text).digest('hex').slice(0, 8);
  } catch {
    return null;
  }
}

/** When a process began; null where there is none, or only its exit status. */
function startOf(pid: number): string | null {
  const found = readProcess(pid);
  return found === null || found.state === 'Z' || found.state === 'X' ? null : found.start;
}
