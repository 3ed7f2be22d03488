/** The numbers of calls that libc has no function for, on the machine that this program runs on. */
import { MkbaseError } from '../errors.ts';

interface CallNumbers {
  readonly capset: number;
  readonly keyctl: number;
  readonly pivotRoot: number;
  readonly seccomp: number;
}

/** asm-generic/unistd.h, which every architecture since 2012 uses. */
const GENERIC: CallNumbers = { capset: 91, keyctl: 219, pivotRoot: 41, seccomp: 277 };

/** By Node's names; from each architecture's asm/unistd.h. */
const NUMBERS: Partial<Readonly<Record<string, CallNumbers>>> = {
  x64: { capset: 126, keyctl: 250, pivotRoot: 155, seccomp: 317 },
  ia32: { capset: 185, keyctl: 288, pivotRoot: 217, seccomp: 354 },
  arm: { capset: 185, keyctl: 311, pivotRoot: 218, seccomp: 383 },
  s390x: { capset: 185, keyctl: 280, pivotRoot: 217, seccomp: 348 },
  ppc64: { capset: 184, keyctl: 271, pivotRoot: 203, seccomp: 358 },
  arm64: GENERIC,
  riscv64: GENERIC,
  loong64: GENERIC,
};

/** @throws MkbaseError `host/unknown-machine` */
export function callNumbers(arch: string = process.arch): CallNumbers {
  const numbers = NUMBERS[arch];
  if (numbers !== undefined) return numbers;
  throw new MkbaseError('host/unknown-machine', `no sandbox is known for a machine of \`${arch}\``, {
    hint: 'build on another machine, or leave the scripts out with `--scripts=skip --mode=none`',
  });
}
