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
import { MkbaseError, quoted } from '../errors.ts';
import { toPortable } from '../portable-error.ts';
import { capabilities } from './capabilities.ts';
import { confine } from './confine.ts';
import { eachLine } from './lines.ts';
import { mountSandbox, mountTemporary } from './mounts.ts';
import { type Covered, enterPlainRoot } from './plain-root.ts';
import type { Command, Numbered, Reply, Requested } from './protocol.ts';
import { bringLoopbackUp, pivotRoot, setHostname } from './syscalls.ts';

const isolated = process.argv[2] !== 'chroot';
let covered: Covered = { leave() {} };

process.on('disconnect', () => process.exit(0));
process.on('message', (request: Numbered) => {
  answer(request).then(
    (value) => reply({ id: request.id, value }),
    (error) => reply({ id: request.id, error: toPortable(error) }),
  );
});
process.umask(0o022);

async function answer(request: Numbered): Promise<unknown> {
  switch (request.call) {
    case 'enter':
      return enter(request);
    case 'leave':
      return covered.leave();
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
  // Of a file that is not empty Node reads as much as it had when it was opened.
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
  writeFileSync(path, bytes, { mode });
}

/** The exit status; 128 and the signal's number where a signal ended it, as a shell counts. */
function run(id: number, { argv, env, input, cwd = '/' }: Command): Promise<number> {
  const [program = '', ...args] = argv;
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const child = spawn(program, args, { env, cwd, stdio: [stdin, 'pipe', 'pipe', 'pipe'] });
  child.stdin?.on('error', () => {}); // A command need not read its input.
  child.stdin?.end(input);
  const [, out, err, status] = child.stdio;
  for (const stream of [out, err]) eachLine(stream as NodeJS.ReadableStream, (line) => reply({ id, line }));
  eachLine(status as NodeJS.ReadableStream, (line) => reply({ id, status: line }));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // A daemon left running would hold the output open for ever: exit counts, and a moment for the rest.
    child.on('exit', (code, signal) => {
      const done = () => resolve(code ?? 128 + osConstants.signals[signal!]);
      const late = setTimeout(done, 200);
      child.on('close', () => {
        clearTimeout(late);
        done();
      });
    });
  });
}

function reply(message: Reply): void {
  process.send?.(message, undefined, undefined, () => {}); // Its owner may have gone.
}
