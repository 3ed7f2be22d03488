/**
 * The privileges that the calling thread, and with it all that it starts from then on, gives up before a script
 * runs. Namespaces, where there are any, bound the rest.
 */
import koffi from 'koffi';
import { MkbaseError } from '../errors.ts';
import { encodeFilter, type FilterOptions, filterProgram } from './filter.ts';
import { callNumbers } from './machine.ts';
import { check, libc } from './syscalls.ts';

/** `struct sock_fprog`. */
const program = koffi.struct({ length: 'uint16', instructions: 'const uint8_t *' });

const calls = {
  prctl: libc.func(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  ),
  getrlimit: libc.func('int getrlimit(int resource, void *limit)'),
  setrlimit: libc.func('int setrlimit(int resource, void *limit)'),
  capset: libc.func('syscall', 'long', ['long', 'void *', 'void *']),
  keyctl: libc.func('syscall', 'long', ['long', 'long', 'void *']),
  seccomp: libc.func('syscall', 'long', ['long', 'long', 'long', koffi.pointer(program)]),
};

export interface Confinement {
  /** Whether the process is in namespaces of its own. */
  readonly isolated: boolean;
  /** The rootfs's architecture, by its distribution's name; null where none of its scripts run. */
  readonly arch: string | null;
  /** The capabilities that it has. */
  readonly permitted: bigint;
}

/** Architectures whose C libraries make sockets by `socketcall`. */
const SOCKETCALL = ['i386', 'x86', 's390x'];

/** Programs that close every descriptor up to the limit, as those of old suites do, are to end. */
const OPEN_FILES = 1024;

export function confine({ isolated, arch, permitted }: Confinement): void {
  leaveGroups();
  joinOwnKeyring();
  limit(RLIMIT.NOFILE, OPEN_FILES);
  // A core dump must not become part of a base.
  limit(RLIMIT.CORE, 0);
  // This process still has threads with every capability; a script must not reach their memory.
  hideFromTracers();
  const filter = { amongOthers: !isolated, socketcall: arch !== null && SOCKETCALL.includes(arch) };
  // Without CAP_SYS_ADMIN a filter needs what keeps set-user-id programs from having any effect.
  if (!isolated) check(calls.prctl(PR.SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'prctl', 'PR_SET_NO_NEW_PRIVS');
  refuseCalls(filter);
  // In a plain chroot the right to call chroot(2) is the way out of it.
  const kept = isolated ? KEPT : KEPT.filter((number) => number !== CAP.SYS_CHROOT);
  dropCapabilities(kept.reduce((set, number) => set | (1n << BigInt(number)), 0n) & permitted);
}

const PR = { SET_DUMPABLE: 4, CAPBSET_DROP: 24, SET_NO_NEW_PRIVS: 38 } as const;
const RLIMIT = { CORE: 4, NOFILE: 7 } as const;

/** A root with other groups could read their files. */
function leaveGroups(): void {
  try {
    process.setgroups?.([]);
  } catch {
    // A user namespace may forbid it, and then nobody has given this process a group of the host's.
  }
}

/** keyrings(7): scripts get none of the keys of who runs this; keyctl(2) itself is refused to them. */
function joinOwnKeyring(): void {
  const KEYCTL_JOIN_SESSION_KEYRING = 1;
  calls.keyctl(callNumbers().keyctl, KEYCTL_JOIN_SESSION_KEYRING, null);
}

/** Lowers a limit, soft and hard; one that is lower stays. */
function limit(resource: number, most: number): void {
  const values = new BigUint64Array(2);
  check(calls.getrlimit(resource, values), 'getrlimit', String(resource));
  values.fill([BigInt(most), ...values].reduce((least, value) => (value < least ? value : least)));
  check(calls.setrlimit(resource, values), 'setrlimit', String(resource));
}

/** No process without CAP_SYS_PTRACE may read or write this one's memory. */
function hideFromTracers(): void {
  check(calls.prctl(PR.SET_DUMPABLE, 0, 0, 0, 0), 'prctl', 'PR_SET_DUMPABLE');
}

/** @throws MkbaseError `host/no-seccomp` */
function refuseCalls(options: FilterOptions): void {
  const [SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW] = [1, 4] as const;
  const instructions = filterProgram(options);
  const filter = { length: instructions.length, instructions: encodeFilter(instructions) };
  const set = (flags: number) => calls.seccomp(callNumbers().seccomp, SECCOMP_SET_MODE_FILTER, flags, filter);
  // Kernels before 5.16 would slow the filtered programs down without the flag; those before 4.17 do not know it.
  if (Number(set(SECCOMP_FILTER_FLAG_SPEC_ALLOW)) === 0 || Number(set(0)) === 0) return;
  throw new MkbaseError('host/no-seccomp', 'this kernel cannot refuse system calls to maintainer scripts', {
    hint: 'build on a kernel with CONFIG_SECCOMP_FILTER, or leave the scripts out with `--scripts=skip`',
  });
}

/** capabilities(7). */
const CAP = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_BIND_SERVICE: 10,
  SYS_CHROOT: 18,
  AUDIT_WRITE: 29,
  SETFCAP: 31,
} as const;

/**
 * Capabilities that maintainer scripts keep: a Docker container's set less MKNOD and NET_RAW. DAC_READ_SEARCH is
 * dropped: with it, open_by_handle_at(2) would reach the host's files.
 */
const KEPT: readonly number[] = Object.values(CAP);

function dropCapabilities(keep: bigint): void {
  const HIGHEST = 63;
  for (let number = 0; number <= HIGHEST; number++) {
    // EINVAL, past the last capability of this kernel, is the end of the list and not a failure.
    if ((keep & (1n << BigInt(number))) === 0n) calls.prctl(PR.CAPBSET_DROP, number, 0, 0, 0);
  }
  const _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
  const header = Uint32Array.of(_LINUX_CAPABILITY_VERSION_3, 0);
  const low = Number(keep & 0xffffffffn);
  // Effective, permitted and inheritable of the lower half, then of the upper.
  const sets = Uint32Array.of(low, low, 0, 0, 0, 0);
  check(calls.capset(callNumbers().capset, header, sets), 'capset', 'scripts');
}
