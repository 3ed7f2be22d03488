/** The programs that make file systems: their packages in Debian, how they are found, how they are run. */
import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MkbaseError } from '../errors.ts';

export type FileSystemFormat = 'squashfs' | 'ext2' | 'ext4' | 'erofs';

export interface ToolNeed {
  readonly program: string;
  /** Debian's package of it. */
  readonly package: string;
  /** The oldest version that does what is asked of it: major and minor number. */
  readonly oldest: readonly [number, number];
  /** The option that prints its version. */
  readonly versionOption: string;
}

const EXT: readonly ToolNeed[] = [
  { program: 'mke2fs', package: 'e2fsprogs', oldest: [1, 45], versionOption: '-V' },
  { program: 'debugfs', package: 'e2fsprogs', oldest: [1, 45], versionOption: '-V' },
];

/** The programs that a format needs. */
export const TOOLS: Readonly<Record<FileSystemFormat, readonly ToolNeed[]>> = {
  // Before 4.6 it does not heed what it is told of the root directory beside a tar.
  squashfs: [{ program: 'mksquashfs', package: 'squashfs-tools', oldest: [4, 6], versionOption: '-version' }],
  ext2: EXT,
  ext4: EXT,
  // Before 1.8 a fixed time of the file system was the time of all its files.
  erofs: [{ program: 'mkfs.erofs', package: 'erofs-utils', oldest: [1, 8], versionOption: '-V' }],
};

/** The words that a program is started with, by its name. */
export type Tools = Readonly<Record<string, readonly string[]>>;

type Environment = Readonly<Record<string, string | undefined>>;

/** The path of a program of this host that is new enough; users' PATH often lacks the folders of root's programs. */
export async function findTool(need: ToolNeed, { PATH = '' }: Environment): Promise<string | null> {
  const folders = [...PATH.split(delimiter), '/usr/sbin', '/sbin'].filter((folder) => folder.startsWith('/'));
  for (const folder of new Set(folders)) {
    const path = join(folder, need.program);
    if ((await isExecutable(path)) && (await isNewEnough(path, need))) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Milliseconds in which a program prints its version. */
const PATIENCE = 10_000;

function isNewEnough(path: string, { oldest: [major, minor], versionOption }: ToolNeed): Promise<boolean> {
  return new Promise((resolve) => {
    // Some print it as an error, or end with a status: the text alone counts.
    execFile(path, [versionOption], { env: ENVIRONMENT, timeout: PATIENCE }, (_, stdout, stderr) => {
      const [, first, second] = /\b(\d+)\.(\d+)/.exec(`${stdout}\n${stderr}`) ?? [];
      const found = [Number(first), Number(second)] as const;
      resolve(first !== undefined && (found[0] - major || found[1] - minor) >= 0);
    });
  });
}

/** Nothing of the user's: SOURCE_DATE_EPOCH and the like mean something to these programs. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

export interface ToolRun {
  readonly args: readonly string[];
  readonly input?: Readable;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Characters of its output that are kept, the last ones. */
const KEPT = 2 ** 16;

/**
 * Runs a program to its end and gives its standard error.
 *
 * @throws MkbaseError `target/tool-failed`; a system error that the program reports is thrown as that
 */
export async function runTool(program: string, tools: Tools, run: ToolRun): Promise<string> {
  const { args, input, cwd = '/', env = {} } = run;
  const [command, ...before] = tools[program]!;
  const child = spawn(command!, [...before, ...args], {
    cwd,
    env: { ...ENVIRONMENT, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let complaint = '';
  let output = '';
  child.stdout!.on('data', (text) => {
    output = (output + text).slice(-KEPT);
  });
  child.stderr!.on('data', (text) => {
    complaint = (complaint + text).slice(-KEPT);
  });
  const ended = new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => resolve(endingOf(status, signal)));
  });
  const fed = input === undefined ? Promise.resolve() : pipeline(input, child.stdin!);
  const notFed = await fed.then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  );
  // A program that has failed reads no more: then its own words say why.
  if (notFed !== null && notFed.code !== 'EPIPE' && notFed.code !== 'ERR_STREAM_PREMATURE_CLOSE') {
    kill();
    await ended;
    throw notFed;
  }
  const ending = await ended;
  process.off('exit', kill);
  if (ending === null && notFed === null) return complaint;
  throw toolFailed(program, ending ?? 'did not read to the end', `${output}\n${complaint}`);
}

function endingOf(status: number | null, signal: NodeJS.Signals | null): string | null {
  if (signal !== null) return `was ended by ${signal}`;
  return status === 0 ? null : `ended with status ${status}`;
}

const SYSTEM_ERRORS = [
  ['ENOSPC', /No space left on device/],
  ['EDQUOT', /Disk quota exceeded/],
  ['EFBIG', /File too large|SIGXFSZ/],
] as const;

/** Lines of its output that an error shows. */
const SHOWN = 10;

export function toolFailed(program: string, what: string, output: string): Error {
  const system = SYSTEM_ERRORS.find(([, pattern]) => pattern.test(`${what}\n${output}`));
  if (system !== undefined) return Object.assign(new Error(`${program} ${what}`), { code: system[0] });
  return new MkbaseError('target/tool-failed', `\`${program}\` ${what}`, {
    hint: 'see what it said; where it is out of memory, the kernel log of this host says so',
    details: output
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .slice(-SHOWN),
  });
}
