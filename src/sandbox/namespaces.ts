/**
 * Starts a Node program inside new namespaces, with the programs of util-linux and, where the user is
 * not root, of uidmap. A user namespace maps 0 to the user and 1 and up to the user's subuids,
 * subuid(5); nothing is ever mounted outside the new mount namespace.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MkbaseError } from '../errors.ts';
import type { Mode } from '../job.ts';
import { hasCapability, mappedIds } from './capabilities.ts';
import { readSubordinateIds } from './subordinate-ids.ts';
import { userNamespaceRefusal } from './user-namespace-refusal.ts';

export interface InsideOptions {
  readonly mode: Mode;
  /** The module that Node runs. */
  readonly entry: URL;
  readonly args?: readonly string[];
  /** Where the program's standard output goes: a tar is written there, else nothing is. */
  readonly stdout: Stdout;
}

type Stdout = 'inherit' | 'ignore' | 'pipe';

const CAP_SYS_ADMIN = 21;

/**
 * glibc keeps what was freed in pieces of up to 32 MB, for each thread: packages come in such pieces.
 * With a fixed bound, mallopt(3), they go back to the system, which halves what a large base takes.
 */
const MEMORY = { MALLOC_MMAP_THRESHOLD_: String(2 ** 20) };

/**
 * The mode that `auto` means.
 *
 * @throws MkbaseError `usage/mode-without-scripts`, `host/too-few-ids`
 */
export function chooseMode(asked: Mode | 'auto', scripts: 'run' | 'skip'): Mode {
  if (asked === 'none' && scripts === 'run') {
    throw new MkbaseError('usage/mode-without-scripts', 'mode `none` cannot run maintainer scripts', {
      hint: 'add `--scripts=skip`, or use `--mode=unshare`',
    });
  }
  if (asked !== 'auto') return asked;
  if (process.getuid?.() !== 0) return scripts === 'run' || mayUnshare() ? 'unshare' : 'none';
  if (mappedIds() < NEEDED_IDS) {
    if (scripts === 'skip') return 'none';
    throw tooFewIds(mappedIds());
  }
  return hasCapability(CAP_SYS_ADMIN) ? 'root' : 'chroot';
}

/** Whether this user has what `unshare` needs: where no script runs, the same bytes can be made without. */
function mayUnshare(): boolean {
  try {
    readSubordinateIds();
  } catch {
    return false;
  }
  return spawnSync('unshare', ['--user', 'true'], { stdio: 'ignore' }).status === 0;
}

/** Packages own files by ids up to 65534, nobody. */
const NEEDED_IDS = 65_535;

function tooFewIds(count: number): MkbaseError {
  return new MkbaseError(
    'host/too-few-ids',
    `root has ${count} user ids here, and packages need ${NEEDED_IDS}`,
    {
      hint: 'run mkbase outside of this user namespace, map a range with `unshare --map-auto`, or add `--scripts=skip`',
    },
  );
}

/**
 * Runs `entry` with a message channel (`process.send`) as process 1 of its own pid namespace and in its
 * own mount namespace, as root of a user namespace where `mode` is `unshare`; as a plain child where it
 * is `chroot` or `none`. The program and all it started die with the calling process.
 *
 * @throws MkbaseError `host/missing-program`, `host/no-subuids`, `host/no-user-namespaces`
 */
export async function startInside({ mode, entry, args = [], stdout }: InsideOptions): Promise<ChildProcess> {
  const program = [process.execPath, fileURLToPath(entry), ...args];
  if (mode === 'none') return start(program, stdout);
  const isolated = [
    'unshare',
    '--mount',
    '--propagation=private',
    '--pid',
    '--fork',
    '--kill-child',
    ...program,
  ];
  // The signal reaches `unshare` when this process dies, and `--kill-child` carries it on.
  const bound = ['setpriv', '--pdeathsig=KILL'];
  if (mode === 'chroot') return start([...bound, ...program], stdout);
  if (mode === 'root') return start([...bound, ...isolated], stdout);

  const holder = await holdUserNamespace();
  try {
    const enter = ['nsenter', `--user=/proc/${holder.pid}/ns/user`, '--setuid=0', '--setgid=0'];
    const inside = start([...bound, ...enter, ...isolated], stdout);
    // Its first message says that it has entered, so the holder is needed no longer.
    await Promise.race([once(inside, 'message'), once(inside, 'exit'), once(inside, 'error')]);
    return inside;
  } finally {
    holder.kill('SIGKILL');
  }
}

/** A process that keeps a mapped user namespace alive until it is killed or this process ends. */
async function holdUserNamespace(): Promise<ChildProcess> {
  const ids = readSubordinateIds();
  const holder = spawn('unshare', ['--user', 'sh', '-c', 'echo ready; exec cat'], { stdio: 'pipe' });
  holder.on('error', () => {});
  let complaint = '';
  holder.stderr.on('data', (text) => {
    complaint += text;
  });
  const ended = once(holder, 'exit').catch((error) => [error]);
  const outcome = await Promise.race([once(holder.stdout, 'data').then(() => 'ready'), ended]);
  if (outcome !== 'ready') {
    if ((outcome[0] as NodeJS.ErrnoException)?.code === 'ENOENT') throw missingProgram('unshare');
    throw userNamespaceRefusal(complaint);
  }
  const pid = String(holder.pid);
  try {
    await Promise.all([
      mapIds('newuidmap', [pid, '0', String(process.getuid?.()), '1', ...ids.uids]),
      mapIds('newgidmap', [pid, '0', String(process.getgid?.()), '1', ...ids.gids]),
    ]);
  } catch (error) {
    holder.kill('SIGKILL');
    throw error;
  }
  return holder;
}

async function mapIds(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const [status] = await once(child, 'exit').catch((error) => {
    throw error.code === 'ENOENT' ? missingProgram(program) : error;
  });
  if (status === 0) return;
  throw new MkbaseError('host/no-subuids', `cannot map user ids: \`${program}\` refused`, {
    hint: 'check the ranges of this user in `/etc/subuid` and `/etc/subgid`, and that `newuidmap` is setuid',
    details: complaint.trim().split('\n'),
  });
}

function start(command: readonly string[], stdout: Stdout): ChildProcess {
  const [program = '', ...args] = command;
  // Node 20 reads these certificates whenever it starts, which takes twice as long as all else; nothing
  // inside speaks to a server.
  const { NODE_EXTRA_CA_CERTS, ...offline } = process.env;
  const child = spawn(program, args, {
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
    // A session of its own: the terminal's Ctrl-C is for the main process, which then cleans up.
    detached: true,
    // The one that mkbase was started in may be gone, or closed to a mapped user.
    cwd: '/',
    serialization: 'advanced',
    env: { ...offline, ...MEMORY },
  });
  child.on('error', () => {});
  return child;
}

const PACKAGE_OF: Readonly<Record<string, string>> = { newuidmap: 'uidmap', newgidmap: 'uidmap' };

/** The error for a host program that is not there, with the Debian package that has it. */
export function missingProgram(program: string): MkbaseError {
  return new MkbaseError('host/missing-program', `the program \`${program}\` is not on this host`, {
    hint: `install the package \`${PACKAGE_OF[program] ?? 'util-linux'}\`, or build with \`--mode=none --scripts=skip\``,
  });
}
