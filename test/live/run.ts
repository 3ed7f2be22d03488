import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The program as it ships. */
export const MAIN = fileURLToPath(new URL('../../dist/bundles/mkbase.cjs', import.meta.url));

/**
 * The standard output of a program; it must succeed. Not synchronous: the mirror may answer from
 * this process.
 */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' };
  return (await promisify(execFile)(program, args, { env, maxBuffer: 2 ** 26 })).stdout;
}
