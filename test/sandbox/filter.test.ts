import { describe, expect, it } from 'vitest';
import { BPF, type FilterOptions, filterProgram } from '../../src/sandbox/filter.ts';
import { ABIS, JUDGED, REFUSED, REFUSED_AMONG_OTHERS } from '../../src/sandbox/refused-calls.ts';

const [ALLOW, EPERM, ENOSYS, EAFNOSUPPORT] = [0x7fff0000, 0x50001, 0x50026, 0x50061];
const USUAL: FilterOptions = { amongOthers: false, socketcall: false };
const [X64, ARM64, S390X] = [0xc000003e, 0xc00000b7, 0x80000016];
const FORK = 17; // SIGCHLD

interface Call {
  readonly arch: number;
  readonly number: number;
  readonly args?: readonly number[];
}

/** Simulates the kernel, bpf(4). */
function verdict({ arch, number, args = [] }: Call, options = USUAL): number {
  const program = filterProgram(options);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const [code, ifTrue, ifFalse, constant] = program[at]!;
    const jump = (isTrue: boolean) => {
      at += isTrue ? ifTrue : ifFalse;
    };
    if (code === BPF.RETURN) return constant;
    else if (code === BPF.JUMP) at += constant;
    else if (code === BPF.EQUAL) jump(accumulator === constant);
    else if (code === BPF.AT_LEAST) jump(accumulator >= constant);
    else if (code === BPF.ANY_BIT) jump((accumulator & constant) !== 0);
    else if (constant === 0) accumulator = number;
    else if (constant === 4) accumulator = arch;
    else accumulator = args[(constant - 16) / 8] ?? 0;
  }
}

describe('the filter of scripts', () => {
  it.each(Object.entries(REFUSED))('refuses %s however it is called', (_, numbers) => {
    for (const [index, names] of Object.values(ABIS).entries()) {
      const number = numbers[index] ?? null;
      if (number === null) continue;
      for (const arch of names) expect(verdict({ arch, number })).toBe(EPERM);
    }
  });

  it('lets files be opened and programs be started', () => {
    for (const number of [0, 1, 2, 59, 257, 322]) expect(verdict({ arch: X64, number })).toBe(ALLOW);
    expect(verdict({ arch: X64, number: 56, args: [FORK] })).toBe(ALLOW);
    expect(verdict({ arch: S390X, number: 120, args: [0x20000, FORK] })).toBe(ALLOW);
  });

  it.each([
    ['user', 0x10000000],
    ['mount', 0x20000],
    ['cgroup', 0x2000000],
    ['network', 0x40000000],
  ])('refuses a new %s namespace', (_, flag) => {
    expect(verdict({ arch: X64, number: 272, args: [flag] })).toBe(EPERM);
    expect(verdict({ arch: X64, number: 56, args: [flag | FORK] })).toBe(EPERM);
    expect(verdict({ arch: ARM64, number: 220, args: [flag | FORK] })).toBe(EPERM);
    expect(verdict({ arch: S390X, number: 120, args: [0, flag | FORK] })).toBe(EPERM);
    expect(verdict({ arch: X64, number: JUDGED.clone3[0]! })).toBe(ENOSYS);
  });

  it('lets a thread have its own directory', () => {
    expect(verdict({ arch: X64, number: 272, args: [0x200] })).toBe(ALLOW);
  });

  it('knows no other way of calling: x32, or a machine of another kind', () => {
    expect(verdict({ arch: X64, number: 0x40000000 + 165 })).toBe(ENOSYS);
    expect(verdict({ arch: 0x8, number: 1 })).toBe(ENOSYS);
  });

  it('allows sockets of families that a network namespace holds', () => {
    for (const family of [1, 2, 10, 16]) {
      expect(verdict({ arch: X64, number: 41, args: [family] })).toBe(ALLOW);
    }
    const VSOCK = 40;
    expect(verdict({ arch: X64, number: 41, args: [VSOCK] })).toBe(EAFNOSUPPORT);
    const socketcall = { arch: 0x40000003, number: 102 };
    expect(verdict(socketcall)).toBe(EAFNOSUPPORT);
    expect(verdict(socketcall, { ...USUAL, socketcall: true })).toBe(ALLOW);
  });

  it('refuses what reaches other processes where those of the host are in sight', () => {
    for (const [number] of Object.values(REFUSED_AMONG_OTHERS)) {
      expect(verdict({ arch: X64, number: number! })).toBe(ALLOW);
      expect(verdict({ arch: X64, number: number! }, { ...USUAL, amongOthers: true })).toBe(EPERM);
    }
  });
});
