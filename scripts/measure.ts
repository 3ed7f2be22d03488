import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface Measure {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of user and system time, with all children that were waited for. */
  readonly cpu: number;
  /** Megabytes of the largest single process. */
  readonly memory: number;
}

const GNU_TIME = '/usr/bin/time';

/** Runs a command under GNU time(1). Throws with its last lines where it fails. */
export async function measure(command: readonly string[], report: string): Promise<Measure> {
  const begun = performance.now();
  const child = spawn(GNU_TIME, ['-q', '-f', '%U %S %M', '-o', report, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('latin1')).slice(-2000);
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const wall = (performance.now() - begun) / 1000;
  if (status !== 0) throw new Error(`\`${command.join(' ')}\` ended with status ${status}:\n${output}`);
  const [user = 0, system = 0, kilobytes = 0] = (await readFile(report, 'utf8'))
    .trim()
    .split(' ')
    .map(Number);
  return { wall, cpu: user + system, memory: kilobytes / 1000 };
}

/** Whether a program is on the path; GNU time itself where no name is given. */
export function isInstalled(program: string = GNU_TIME): boolean {
  const paths = program.startsWith('/') ? [program] : (process.env.PATH ?? '').split(delimiter);
  return paths.some((path) => {
    try {
      accessSync(program.startsWith('/') ? path : join(path, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
