import { describe, expect, it } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { readElf } from '../../src/formats/elf.ts';
import { buildElf, type ElfParts, PIE } from '../support/elf.ts';

const LOADER = '/lib64/ld-linux-x86-64.so.2';

describe('readElf', () => {
  it.each<[string, ElfParts]>([
    ['static', { type: 2 }],
    ['static', { type: 2, dynamic: true }],
    ['static-pie', { type: 3, flags1: PIE }],
    ['static-pie', { type: 3, debug: true }],
    ['dynamic', { type: 2, interpreter: LOADER, needed: ['libc.so.6'] }],
    ['dynamic', { type: 3, interpreter: LOADER, flags1: PIE, needed: ['libc.so.6'] }],
    ['dynamic', { type: 3, interpreter: LOADER }],
    ['library', { type: 3, soname: 'libx.so.1' }],
    ['library', { type: 3, soname: 'libc.so.6', interpreter: LOADER }],
    ['library', { type: 3 }],
    ['other', { type: 1, dynamic: false }],
    ['other', { type: 4, dynamic: false }],
  ])('tells what is %s', (kind, parts) => {
    expect(readElf(buildElf(parts)).kind).toBe(kind);
  });

  it.each([
    { bits: 64, littleEndian: true },
    { bits: 64, littleEndian: false },
    { bits: 32, littleEndian: true },
    { bits: 32, littleEndian: false },
  ] as const)('reads the dynamic section of $bits bits, little endian: $littleEndian', (form) => {
    const elf = readElf(
      buildElf({
        ...form,
        ...{ type: 3, machine: 8, flags: 0x400, osAbi: 3, interpreter: LOADER, flags1: 0x800 },
        ...{ needed: ['libz.so.1', 'libc.so.6'], soname: 'x', rpath: '/a:/b', runpath: '$ORIGIN/../lib' },
        symbols: ['dlopen'],
        versionNeeds: { 'libc.so.6': ['GLIBC_2.2.5', 'GLIBC_2.34'], 'libz.so.1': ['ZLIB_1'] },
        versions: ['X_1', 'X_2'],
      }),
    );
    expect(elf).toMatchObject({
      ...{ bits: form.bits, isLittleEndian: form.littleEndian, machine: 8, flags: 0x400, osAbi: 3 },
      ...{ interpreter: LOADER, needed: ['libz.so.1', 'libc.so.6'], soname: 'x' },
      versionNeeds: [
        { file: 'libc.so.6', versions: ['GLIBC_2.2.5', 'GLIBC_2.34'] },
        { file: 'libz.so.1', versions: ['ZLIB_1'] },
      ],
      versions: ['X_1', 'X_2'],
      ...{ rpath: ['/a', '/b'], runpath: ['$ORIGIN/../lib'], skipsDefaults: true },
    });
    expect([elf.namesSymbol('dlopen'), elf.namesSymbol('dl')]).toEqual([true, false]);
  });

  it('refuses every file that is cut short before its end', () => {
    const whole = buildElf({ type: 3, interpreter: LOADER, needed: ['libc.so.6'] });
    for (let length = 0; length < whole.length; length++) {
      expect(() => readElf(whole.subarray(0, length))).toThrow(MkbaseError);
    }
  });

  it('says of 500 damaged headers that they are damaged, or reads them', () => {
    const versions = { versionNeeds: { 'libc.so.6': ['GLIBC_2.34'] }, versions: ['X_1'] };
    const parts = { needed: ['libc.so.6', 'libm.so.6'], soname: 'x', ...versions } as const;
    const whole = buildElf({ type: 3, interpreter: LOADER, ...parts });
    const random = generator(5);
    for (let round = 0; round < 500; round++) {
      const damaged = Buffer.from(whole);
      for (let count = 1 + random(6); count > 0; count--) damaged[random(damaged.length)] = random(256);
      try {
        readElf(damaged);
      } catch (error) {
        expect(error).toMatchObject({ code: 'binary/bad-elf' });
      }
    }
  });
});

/** A linear congruential generator: the same numbers in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}
