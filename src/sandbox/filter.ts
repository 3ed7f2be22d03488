/**
 * The seccomp(2) filter of maintainer scripts, as a program of classic BPF. It knows every way in which a program
 * may call the kernel on each machine: one that it does not know calls nothing.
 *
 * Calls that are let through whatever their arguments are decided by their number alone: since Linux 5.11
 * the kernel finds that out once, and does not run the program for them.
 */
import { endianness } from 'node:os';
import { ABIS, type Abi, JUDGED, type Numbers, REFUSED, REFUSED_AMONG_OTHERS } from './refused-calls.ts';

export interface FilterOptions {
  /** Whether the processes of the host are in sight. */
  readonly amongOthers: boolean;
  /** Whether `socketcall` is allowed, whose arguments a filter cannot see: some C libraries use it. */
  readonly socketcall: boolean;
}

/** One of `struct sock_filter`: code, where to go on if true and if false, and a constant. */
export type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, constant: number];

/** Codes of linux/bpf_common.h. */
export const BPF = {
  LOAD: 0x20,
  JUMP: 0x05,
  EQUAL: 0x15,
  AT_LEAST: 0x35,
  ANY_BIT: 0x45,
  RETURN: 0x06,
} as const;

const ALLOW = 0x7fff0000;
const failWith = (errno: number) => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Offsets in `struct seccomp_data`. */
const NUMBER = 0;
const ARCH = 4;
const ARGUMENTS = 16;
/** Offset of the lower half of an argument, which is all that matters. */
const LOWER = endianness() === 'LE' ? 0 : 4;

const CLONE_NEW = 0x7e020000;
const CLONE_NEWTIME = 0x80;

/** x32's calls are those of x64 with this bit. */
const X32 = 0x40000000;

/** UNIX, INET, INET6, NETLINK, PACKET and ALG: others, such as VSOCK, know no network namespaces. */
const FAMILIES = [1, 2, 10, 16, 17, 38];

export function filterProgram(options: FilterOptions): readonly Instruction[] {
  const program: Instruction[] = [[BPF.LOAD, 0, 0, ARCH]];
  for (const [index, [abi, names]] of (Object.entries(ABIS) as [Abi, readonly number[]][]).entries()) {
    const rules = rulesOf(abi, (numbers) => numbers[index] ?? null, options);
    for (const name of names) {
      program.push([BPF.EQUAL, 1, 0, name], [BPF.JUMP, 0, 0, rules.length], ...rules);
    }
  }
  program.push([BPF.RETURN, 0, 0, failWith(ENOSYS)]);
  return program;
}

function rulesOf(
  abi: Abi,
  numberOf: (numbers: Numbers) => number | null,
  { amongOthers, socketcall }: FilterOptions,
): readonly Instruction[] {
  const rules: Instruction[] = [[BPF.LOAD, 0, 0, NUMBER]];
  /** Adds the instructions for one system call. */
  const at = (numbers: Numbers, body: readonly Instruction[]) => {
    const number = numberOf(numbers);
    if (number !== null) rules.push([BPF.EQUAL, 0, body.length, number], ...body);
  };
  const argument = (index: number): Instruction => [BPF.LOAD, 0, 0, ARGUMENTS + 8 * index + LOWER];
  const refuse = (errno: number): Instruction => [BPF.RETURN, 0, 0, failWith(errno)];
  const allow: Instruction = [BPF.RETURN, 0, 0, ALLOW];
  const unlessAny = (bits: number): Instruction[] => [[BPF.ANY_BIT, 0, 1, bits], refuse(EPERM), allow];

  if (abi === 'x64') rules.push([BPF.AT_LEAST, 0, 1, X32], refuse(ENOSYS));
  const refused = { ...REFUSED, ...(amongOthers && REFUSED_AMONG_OTHERS) };
  for (const numbers of Object.values(refused)) at(numbers, [refuse(EPERM)]);
  at(JUDGED.unshare, [argument(0), ...unlessAny(CLONE_NEW | CLONE_NEWTIME)]);
  // On s390 the flags of clone come second.
  at(JUDGED.clone, [argument(abi.startsWith('s390') ? 1 : 0), ...unlessAny(CLONE_NEW)]);
  // Its flags are in memory, where no filter sees them; C libraries go back to clone.
  at(JUDGED.clone3, [refuse(ENOSYS)]);
  const families = FAMILIES.flatMap((family): Instruction[] => [[BPF.EQUAL, 0, 1, family], allow]);
  at(JUDGED.socket, [argument(0), ...families, refuse(EAFNOSUPPORT)]);
  if (!socketcall) at(JUDGED.socketcall, [refuse(EAFNOSUPPORT)]);
  rules.push(allow);
  return rules;
}

/** `struct sock_filter[]`, in the byte order of this machine. */
export function encodeFilter(program: readonly Instruction[]): Buffer {
  const words = program.flatMap(([code, ifTrue, ifFalse, constant]) => {
    const first = Buffer.alloc(4);
    new Uint16Array(first.buffer, first.byteOffset, 1)[0] = code;
    first[2] = ifTrue;
    first[3] = ifFalse;
    return [new Uint32Array(first.buffer, first.byteOffset, 1)[0]!, constant];
  });
  return Buffer.from(Uint32Array.from(words).buffer);
}
