import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Places {
  /** Holds `debian` and `debian-security`. */
  readonly mirror: string;
  /** The arguments that all runs of a job share. */
  readonly shared: string;
  /** The tool's output: another name for each run. */
  readonly target: string;
  /** mkbase's cache: another one for each run, or the same where the job is warm. */
  readonly cache: string;
}

export interface Tool {
  readonly name: string;
  /** Where it is not on the path, the tool is left out. */
  readonly needs?: string;
  readonly command: (places: Places) => readonly string[];
}

export interface Job {
  readonly name: string;
  readonly about: string;
  /** Whether the cache is left as the run before made it; default empty before each. */
  readonly warm?: boolean;
  /** A program without which the job is left out. */
  readonly needs?: string;
  /** Makes what the runs share; gives what ends it. */
  readonly prepare?: (places: Pick<Places, 'mirror' | 'shared'>) => Promise<() => void>;
  /** mkbase first. */
  readonly tools: readonly Tool[];
}

export const MKBASE = [process.execPath, fileURLToPath(new URL('../bundles/mkbase.cjs', import.meta.url))];

/** Not synchronously: the mirror is served by this process. */
export async function run([program = '', ...args]: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args);
}
