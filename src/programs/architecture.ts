import type { Elf } from '../formats/elf.ts';

/** `EF_ARM_ABI_FLOAT_HARD`: floats are passed in registers. */
const ARM_HARD_FLOAT = 0x400;

/** Debian's name of the architecture that an ELF file is for, or null where Debian has none. */
export function architectureOf({ machine, bits, isLittleEndian, flags }: Elf): string | null {
  const wide = bits === 64;
  switch (machine) {
    case 3:
      return 'i386';
    case 8:
      return isLittleEndian ? (wide ? 'mips64el' : 'mipsel') : null;
    case 20:
      return 'powerpc';
    case 21:
      return isLittleEndian ? 'ppc64el' : null;
    case 22:
      return wide ? 's390x' : null;
    case 40:
      return (flags & ARM_HARD_FLOAT) !== 0 ? 'armhf' : 'armel';
    case 62:
      return wide ? 'amd64' : null;
    case 183:
      return wide ? 'arm64' : null;
    case 243:
      return wide ? 'riscv64' : null;
    case 258:
      return wide ? 'loong64' : null;
    default:
      return null;
  }
}
