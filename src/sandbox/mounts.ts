/**
 * The file systems of the sandbox, mounted in its own mount namespace. The scripts see the rootfs, a
 * /proc of their own pid namespace, a read-only /sys of their own network namespace, and a /dev with
 * the standard nodes. The set and what is masked follow the OCI runtime specification's defaults.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { availableMemory } from './available-memory.ts';
import { type Stub, stubScript } from './stub.ts';
import { MS, makeNode, mount } from './syscalls.ts';

/** By major and minor number. */
export const NODES = {
  null: [1, 3],
  zero: [1, 5],
  full: [1, 7],
  random: [1, 8],
  urandom: [1, 9],
  tty: [5, 0],
} as const;
const LINKS = { fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2', ptmx: 'pts/ptmx' };
const READ_ONLY = ['proc/sys', 'proc/sysrq-trigger', 'proc/irq', 'proc/bus', 'proc/fs'];
const MASKED = [
  ...['proc/kcore', 'proc/keys', 'proc/key-users', 'proc/timer_list', 'proc/timer_stats', 'proc/sched_debug'],
  ...['proc/latency_stats', 'proc/interrupts', 'proc/mtrr'],
  ...['proc/acpi', 'proc/asound', 'proc/scsi', 'sys/firmware', 'sys/devices/virtual/powercap'],
];

/** Bytes of the file systems in memory, which together may not take the host's: of /dev and of /dev/shm as Docker's. */
const SIZE_OF_DEV = 2 ** 20;
const SIZE_OF_SHM = 64 * 2 ** 20;
/** Share of the available memory; a rootfs in memory takes three quarters at most (src/staging/workspace.ts). */
const SHARE_OF_TMP = 1 / 8;

/** Mounts all but /tmp below `root`, itself made a mount point on which device nodes mean nothing. */
export function mountSandbox(root: string, stubs: readonly Stub[]): void {
  mount(root, root, { flags: MS.BIND | MS.REC });
  mount('none', root, { flags: MS.BIND | MS.REMOUNT | MS.NODEV });
  for (const name of ['proc', 'sys', 'dev', 'tmp']) requireDirectory(root, name);
  mount('proc', `${root}/proc`, { type: 'proc', flags: MS.NOSUID | MS.NODEV | MS.NOEXEC });
  mount('sysfs', `${root}/sys`, { type: 'sysfs', flags: MS.NOSUID | MS.NODEV | MS.NOEXEC | MS.RDONLY });
  mountDev(`${root}/dev`);
  for (const path of READ_ONLY) readOnly(`${root}/${path}`);
  for (const path of MASKED) mask(`${root}/${path}`, `${root}/dev/null`);
  for (const stub of stubs) cover(root, stub);
}

/** A /tmp of this sandbox alone, which disappears with it. */
export function mountTemporary(root: string): void {
  const size = Math.floor(availableMemory() * SHARE_OF_TMP);
  const data = `mode=1777,size=${size}`;
  mount('tmpfs', `${root}/tmp`, { type: 'tmpfs', flags: MS.NOSUID | MS.NODEV, data });
}

/** A link in its place could lead a mount out of the rootfs. */
export function requireDirectory(root: string, name: string): void {
  const path = `${root}/${name}`;
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path);
  if (lstatSync(path).isDirectory()) return;
  throw new MkbaseError('script/not-a-directory', `\`/${name}\` of the base is not a directory`, {
    hint: 'a package has something else in its place: see the files of those that are not the distribution’s',
  });
}

/** Covers a program with a script, which can call it; in merged /usr its directory is a link inside the root. */
function cover(root: string, stub: Stub): void {
  const program = existsSync(`${root}${stub.path}`) ? realpathSync(`${root}${stub.path}`) : '';
  if (!program.startsWith(`${root}/`) || !lstatSync(program).isFile()) return;
  const script = `/dev/.stub-${basename(program)}`;
  const real = `/dev/.real-${basename(program)}`;
  writeFileSync(`${root}${real}`, '');
  mount(program, `${root}${real}`, { flags: MS.BIND });
  writeFileSync(`${root}${script}`, stubScript(stub, real), { mode: 0o755 });
  mount(`${root}${script}`, program, { flags: MS.BIND });
}

function mountDev(dev: string): void {
  mount('tmpfs', dev, { type: 'tmpfs', flags: MS.NOSUID, data: `mode=755,size=${SIZE_OF_DEV}` });
  for (const [name, [major, minor]] of Object.entries(NODES)) {
    if (!makeDevice(`${dev}/${name}`, major, minor)) lendDevice(`/dev/${name}`, `${dev}/${name}`);
  }
  // To MAKEDEV this says that udev makes the nodes: it could make none, and the scripts of `makedev`, which
  // trusty and xenial require, would fail.
  mkdirSync(`${dev}/.udev`);
  mkdirSync(`${dev}/pts`);
  mount('devpts', `${dev}/pts`, {
    type: 'devpts',
    flags: MS.NOSUID | MS.NOEXEC,
    data: 'newinstance,ptmxmode=0666,mode=0620',
  });
  mkdirSync(`${dev}/shm`);
  mount('tmpfs', `${dev}/shm`, {
    type: 'tmpfs',
    flags: MS.NOSUID | MS.NODEV,
    data: `mode=1777,size=${SIZE_OF_SHM}`,
  });
  for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, `${dev}/${name}`);
}

/** A device node, or where none may be made a file in its place: scripts hardly do more than write to null. */
export function makeDevice(path: string, major: number, minor: number): boolean {
  try {
    makeNode(path, { type: 'char', mode: 0o666, major, minor });
  } catch {
    writeFileSync(path, '');
  }
  chmodSync(path, 0o666);
  return lstatSync(path).isCharacterDevice();
}

/** A user namespace makes no nodes: the host's is written to and read, and cannot be changed itself. */
function lendDevice(device: string, path: string): void {
  if (!existsSync(device)) return;
  mount(device, path, { flags: MS.BIND });
  mount('none', path, { flags: MS.BIND | MS.REMOUNT | MS.RDONLY | MS.NOSUID | MS.NOEXEC });
}

function readOnly(path: string): void {
  if (!existsSync(path)) return;
  mount(path, path, { flags: MS.BIND | MS.REC });
  mount('none', path, {
    flags: MS.BIND | MS.REMOUNT | MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC,
  });
}

/** Nothing is left to be read there. */
function mask(path: string, empty: string): void {
  if (!existsSync(path)) return;
  if (lstatSync(path).isDirectory()) {
    mount('tmpfs', path, { type: 'tmpfs', flags: MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC });
  } else mount(empty, path, { flags: MS.BIND });
}
