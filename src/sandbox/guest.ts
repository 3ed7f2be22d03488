/**
 * Process 1 of the sandbox. It mounts the sandbox's file systems, makes the rootfs its root so that
 * nothing of the host can be named any more, gives up the capabilities that scripts do not need, and
 * then runs commands and touches files for the process that started it. When that one dies, the
 * channel closes, this process ends, and the kernel ends all others of the pid namespace with it.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants as osConstants } from 'node:os';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { MkbaseError, quoted } from '../errors.ts';
import { tellOwner } from '../owner.ts';
import { toPortable } from '../portable-error.ts';
import { sendSignal } from '../processes.ts';
import { capabilities } from './capabilities.ts';
import { confine } from './confine.ts';
import { mountSandbox, mountTemporary } from './mounts.ts';
import { tellOutput } from './output.ts';
import { type Covered, enterPlainRoot } from './plain-root.ts';
import type { Command, Numbered, Reply, Requested } from './protocol.ts';
import { bringLoopbackUp, pivotRoot, setHostname } from './syscalls.ts';

const isolated = process.argv[2] !== 'chroot';
let covered: Covered = { leave() {} };

/** Commands that run, by their process, and what waits until the owner has taken what they said. */
const running = new Set<number>();
const untaken = new Map<number, () => void>();

process.on('disconnect', end);
process.on('uncaughtException', (error) => {
  reply({ failure: toPortable(error) });
  process.disconnect?.();
  end();
});
process.on('message', (request: Numbered) => {
  if (request.call === 'taken') return untaken.get(request.id)?.();
  answer(request).then(
    (value) => reply({ id: request.id, value }),
    (error) => reply({ id: request.id, error: toPortable(error) }),
  );
});
process.umask(0o022);

/** Ends the running commands too; in a pid namespace the kernel does. */
function end(): void {
  for (const pid of running) sendSignal(-pid, 'SIGKILL');
  process.exit(0);
}

async function answer(request: Exclude<Numbered, { readonly call: 'taken' }>): Promise<unknown> {
  switch (request.call) {
    case 'enter':
      return enter(request);
    case 'leave':
      try {
        return covered.leave();
      } finally {
        end();
      }
    case 'accompany':
      return accompany(request.root);
    case 'run':
      return run(request.id, request.command);
    case 'read':
      return withFile(request.path, constants.O_RDONLY, (fd) => read(fd, request.path));
    case 'write':
      return write(request.path, request.bytes, request.mode);
    case 'edit':
      return withFile(request.path, constants.O_WRONLY | constants.O_NOFOLLOW, (fd) => {
        ftruncateSync(fd);
        writeFileSync(fd, request.bytes);
      });
    case 'remove':
      return rmSync(request.path, { recursive: true, force: true });
    case 'list':
      return readdirSync(request.path, { encoding: 'latin1' });
  }
}

function enter({ root, stubs, arch }: Requested<'enter'>): void {
  const permitted = capabilities('CapPrm');
  if (isolated) {
    mountSandbox(root, stubs);
    mountTemporary(root);
    pivotRoot(root);
    setHostname('localhost');
    bringLoopbackUp();
  } else covered = enterPlainRoot(root, stubs);
  confine({ isolated, arch, permitted });
}

function accompany(root: string | null): void {
  if (!isolated) return;
  if (root !== null) mountSandbox(root, []);
  bringLoopbackUp();
}

/** Bytes of a file that is read whole; dpkg's status has a hundredth of them. */
const LARGEST = 64 * 2 ** 20;

/** A script may have made it of any size, and be making it larger. */
function read(fd: number, path: string): Buffer {
  const { size } = fstatSync(fd);
  // Node reads at most the size that a non-empty file had when it was opened.
  if (size <= LARGEST) return size === 0 ? Buffer.alloc(0) : readFileSync(fd);
  throw new MkbaseError('script/file-too-large', `${quoted(path)} in the base has more than 64 MiB`, {
    hint: 'a script of a package has put something else in its place',
  });
}

/** Opens a regular file, without waiting: a script may have put a pipe, a device or a link in its place. */
function withFile<T>(path: string, flags: number, act: (fd: number) => T): T {
  let fd: number;
  try {
    fd = openSync(path, flags | constants.O_NONBLOCK);
  } catch (error) {
    throw ['ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '') ? notAFile(path) : error;
  }
  try {
    if (!fstatSync(fd).isFile()) throw notAFile(path);
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

function notAFile(path: string): MkbaseError {
  return new MkbaseError('script/not-a-file', `${quoted(path)} in the base is not a regular file`, {
    hint: 'a script of a package has put something else in its place',
  });
}

/** Replaces what is there, a planted link included, instead of writing through it. */
function write(path: string, bytes: Uint8Array, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) rmSync(path, { recursive: true });
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, mode);
  try {
    writeFileSync(fd, bytes);
  } finally {
    closeSync(fd);
  }
}

/** The exit status; 128 and the signal's number where a signal ended it, as a shell counts. */
function run(id: number, { argv, env, input, cwd = '/' }: Command): Promise<number> {
  const [program = '', ...args] = argv;
  const stdin = input === undefined ? 'ignore' : 'pipe';
  // A session of its own: a script that signals its group reaches nobody else.
  const child = spawn(program, args, { env, cwd, detached: true, stdio: [stdin, 'pipe', 'pipe', 'pipe'] });
  if (child.pid !== undefined) running.add(child.pid);
  child.stdin?.on('error', () => {}); // A command need not read its input.
  child.stdin?.end(input);
  const [, out, err, status] = child.stdio as (Readable | null)[];
  const outputs = [
    ...[out!, err!].map((stream) => tellOutput(stream, flow(id, 'lines'))),
    tellOutput(status!, flow(id, 'statuses')),
  ];
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', async (code, signal) => {
      running.delete(child.pid!);
      for (const output of outputs) output.commandEnded();
      await Promise.all(outputs.map(({ told }) => told));
      resolve(code ?? 128 + osConstants.signals[signal!]);
    });
  });
}

/** Characters that may be on their way before the owner is asked whether it has taken them. */
const AHEAD = 2 ** 16;

/** Tells the owner of what a command says, and waits where that is more than it takes. */
function flow(id: number, kind: 'lines' | 'statuses'): (lines: readonly string[]) => Promise<void> {
  let ahead = 0;
  return async (lines) => {
    ahead += lines.reduce((sum, line) => sum + line.length + 1, 0);
    if (ahead < AHEAD) return reply({ id, [kind]: lines });
    ahead = 0;
    const batch = ++batches;
    await new Promise<void>((resolve) => {
      untaken.set(batch, resolve);
      reply({ id, [kind]: lines, batch });
    });
    untaken.delete(batch);
  };
}

let batches = 0;

function reply(message: Reply): void {
  tellOwner(message);
}
