/**
 * The Linux calls that Node has no function for, through koffi: device nodes, extended attributes,
 * mounts, root changes. Each throws an Error that carries `errno`'s name as `code`, as
 * Node's own calls do. Paths are binary strings (see rootfs/tree.ts).
 */
import { closeSync, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';
import { callNumbers } from './machine.ts';

export const libc = koffi.load(null);

const calls = {
  mount: libc.func(
    'int mount(const char *source, const uint8_t *target, const char *type, unsigned long flags, const char *data)',
  ),
  umount2: libc.func('int umount2(const uint8_t *target, int flags)'),
  syscallPaths: libc.func('syscall', 'long', ['long', 'str', 'str']),
  mknod: libc.func('int mknod(const uint8_t *path, unsigned int mode, uint64_t device)'),
  chroot: libc.func('int chroot(const uint8_t *path)'),
  syncfs: libc.func('int syncfs(int fd)'),
  sethostname: libc.func('int sethostname(const char *name, size_t length)'),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  ioctl: libc.func('int ioctl(int fd, unsigned long request, void *argument)'),
  close: libc.func('int close(int fd)'),
  lsetxattr: libc.func(
    'int lsetxattr(const uint8_t *path, const char *name, const void *value, size_t size, int flags)',
  ),
  lgetxattr: libc.func('long lgetxattr(const uint8_t *path, const char *name, void *value, size_t size)'),
  llistxattr: libc.func('long llistxattr(const uint8_t *path, void *list, size_t size)'),
  lremovexattr: libc.func('int lremovexattr(const uint8_t *path, const char *name)'),
};

/** Flags of mount(2). */
export const MS = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  REMOUNT: 0x20,
  BIND: 0x1000,
  REC: 0x4000,
  SHARED: 0x100000,
} as const;

export interface MountOptions {
  readonly type?: string;
  readonly flags?: number;
  /** The file system's own option string. */
  readonly data?: string;
}

/** mount(2). */
export function mount(source: string, target: string, { type, flags = 0, data }: MountOptions): void {
  check(calls.mount(source, cPath(target), type ?? null, flags, data ?? null), 'mount', target);
}

/** Has what is mounted later in this mount namespace appear in those that are made of it as its slaves. */
export function shareMounts(): void {
  mount('none', '/', { flags: MS.REC | MS.SHARED });
}

/** umount2(2) with MNT_DETACH: the mount leaves the tree at once and ends when its last user does. */
export function detach(target: string): void {
  const MNT_DETACH = 2;
  check(calls.umount2(cPath(target), MNT_DETACH), 'umount', target);
}

/** syncfs(2) of the file system that a directory lies in, beside all else that goes on. */
export function syncFileSystem(directory: string): Promise<void> {
  const folder = openSync(Buffer.from(directory, 'latin1'), 'r');
  return new Promise<void>((resolve, reject) => {
    calls.syncfs.async(folder, (_: unknown, result: number) => {
      try {
        check(result, 'syncfs', directory);
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  }).finally(() => closeSync(folder));
}

/** pivot_root(2) in its `.` `.` form: the old root lands on the new one and is detached from there. */
export function pivotRoot(newRoot: string): void {
  process.chdir(newRoot);
  check(calls.syscallPaths(callNumbers().pivotRoot, '.', '.'), 'pivot_root', newRoot);
  detach('.');
  process.chdir('/');
}

/** chroot(2), for the whole process. */
export function changeRoot(path: string): void {
  process.chdir(path);
  check(calls.chroot(cPath('.')), 'chroot', path);
  process.chdir('/');
}

const FORMAT_BITS = { char: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

export interface NodeKind {
  readonly type: keyof typeof FORMAT_BITS;
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

/** mknod(2). */
export function makeNode(path: string, { type, mode, major, minor }: NodeKind): void {
  const [high, low] = [BigInt(major), BigInt(minor)];
  const device = ((high & 0xfffn) << 8n) | ((high >> 12n) << 44n) | (low & 0xffn) | ((low >> 8n) << 20n);
  check(calls.mknod(cPath(path), FORMAT_BITS[type] | mode, device), 'mknod', path);
}

export function setXattr(path: string, name: string, value: string): void {
  const bytes = Buffer.from(value, 'latin1');
  check(calls.lsetxattr(cPath(path), name, bytes, bytes.length, 0), 'setxattr', path);
}

export function removeXattr(path: string, name: string): void {
  check(calls.lremovexattr(cPath(path), name), 'removexattr', path);
}

const scratch = Buffer.alloc(65536);

/** All extended attributes of `path` itself (links are not followed); undefined where there are none. */
export function getXattrs(path: string): Record<string, string> | undefined {
  const file = cPath(path);
  const length = Number(calls.llistxattr(file, scratch, scratch.length));
  if (length <= 0) return undefined;
  const names = scratch.toString('latin1', 0, length).split('\0').filter(Boolean).sort();
  const found: Record<string, string> = {};
  for (const name of names) {
    const size = Number(calls.lgetxattr(file, name, scratch, scratch.length));
    if (size >= 0) found[name] = scratch.toString('latin1', 0, size);
  }
  return found;
}

export function setHostname(name: string): void {
  check(calls.sethostname(name, Buffer.byteLength(name)), 'sethostname', name);
}

/** Brings `lo` up in the calling thread's network namespace, netdevice(7). */
export function bringLoopbackUp(): void {
  const [AF_INET, SOCK_DGRAM, SIOCSIFFLAGS, IFF_UP] = [2, 2, 0x8914, 1] as const;
  const socket = calls.socket(AF_INET, SOCK_DGRAM, 0);
  check(socket, 'socket', 'lo');
  const request = Buffer.alloc(40);
  request.write('lo', 'latin1');
  request.writeUInt16LE(IFF_UP, 16);
  try {
    check(calls.ioctl(socket, SIOCSIFFLAGS, request), 'ioctl', 'lo');
  } finally {
    calls.close(socket);
  }
}

/** NUL-terminated bytes of a binary-string path. */
function cPath(path: string): Buffer {
  return Buffer.from(`${path}\0`, 'latin1');
}

/** Throws what `errno` says where a call has failed. */
export function check(result: number | bigint, call: string, subject: string): void {
  if (Number(result) >= 0) return;
  const errno = koffi.errno();
  const code = getSystemErrorName(-errno);
  throw Object.assign(new Error(`${code}: ${call} '${subject}'`), { code, errno: -errno, syscall: call });
}
