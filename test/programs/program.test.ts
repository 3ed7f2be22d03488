import { describe, expect, it } from 'vitest';
import { readProgram } from '../../src/programs/program.ts';
import { checkInterpreter, missedBy } from '../../src/programs/start.ts';
import { buildElf, type ElfParts } from '../support/elf.ts';

const LOADER = '/lib64/ld-linux-x86-64.so.2';
const NOTHING = { has: () => false };

describe('readProgram', () => {
  it.each<[string, ElfParts]>([
    ['amd64', { machine: 62 }],
    ['arm64', { machine: 183 }],
    ['i386', { machine: 3, bits: 32 }],
    ['armhf', { machine: 40, bits: 32, flags: 0x5000400 }],
    ['armel', { machine: 40, bits: 32, flags: 0x5000200 }],
    ['riscv64', { machine: 243 }],
    ['s390x', { machine: 22, littleEndian: false }],
    ['ppc64el', { machine: 21 }],
    ['mips64el', { machine: 8 }],
    ['mipsel', { machine: 8, bits: 32 }],
    ['loong64', { machine: 258 }],
  ])('knows a program for %s', (arch, parts) => {
    expect(readProgram(buildElf(parts), 'app')).toMatchObject({ kind: 'elf', arch });
  });

  it.each([
    ['#!/bin/sh\n', { interpreter: '/bin/sh', argument: null }],
    ['#! /usr/bin/env  -S python3 -u \nx', { interpreter: '/usr/bin/env', argument: '-S python3 -u' }],
    ['#!/bin/busybox sh', { interpreter: '/bin/busybox', argument: 'sh' }],
    ['#!\n', { interpreter: '', argument: null }],
  ])('reads the first line of the script %j', (text, script) => {
    expect(readProgram(Buffer.from(text), 'app')).toEqual({ kind: 'script', ...script });
  });

  it.each<[string, string, Buffer]>([
    ['binary/not-a-program', '`app` is empty', Buffer.alloc(0)],
    ['binary/not-a-program', '`app` is neither an ELF file nor a script', Buffer.from('hello')],
    [
      'binary/not-a-program',
      '`app` is an object file, and no program',
      buildElf({ type: 1, dynamic: false }),
    ],
    ['binary/library', '`app` is a shared library, and no program', buildElf({ type: 3, soname: 'x' })],
    ['binary/not-linux', '`app` is a program of Windows', Buffer.from('MZ\x90\0')],
    ['binary/not-linux', '`app` is a program of macOS', Buffer.from('cffaedfe', 'hex')],
    ['binary/not-linux', '`app` is a program of FreeBSD', buildElf({ osAbi: 9 })],
    ['binary/bad-elf', '`app` is no sound ELF file: it is cut short', buildElf().subarray(0, 70)],
    [
      'binary/unknown-architecture',
      '`app` is for an unknown architecture: machine 43, 64 bits, big endian',
      buildElf({ machine: 43, littleEndian: false }),
    ],
  ])('refuses with %s: %s', (code, message, bytes) => {
    expect(() => readProgram(bytes, 'app')).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('checkInterpreter', () => {
  const dynamic = readProgram(buildElf({ interpreter: LOADER, needed: ['libc.so.6'] }), 'app');
  const script = readProgram(Buffer.from('#!/bin/sh\n'), 'app');

  it('lets a static program be', () => {
    expect(() => checkInterpreter(readProgram(buildElf(), 'app'), 'app', NOTHING)).not.toThrow();
  });

  it('refuses a program or script whose interpreter is not there', () => {
    expect(() => checkInterpreter(dynamic, 'app', NOTHING)).toThrow(
      expect.objectContaining({
        code: 'binary/dynamic',
        message: `\`app\` needs the dynamic linker \`${LOADER}\`, which the image does not have`,
      }),
    );
    expect(() => checkInterpreter(script, 'app', NOTHING)).toThrow(
      expect.objectContaining({
        code: 'binary/script',
        message: '`app` is a script for `/bin/sh`, which the image does not have',
      }),
    );
  });

  it('lets them be where it is', () => {
    const around = { has: (path: string) => [LOADER, '/bin/sh'].includes(path) };
    expect(() => checkInterpreter(dynamic, 'app', around)).not.toThrow();
    expect(() => checkInterpreter(script, 'app', around)).not.toThrow();
  });
});

describe('missedBy', () => {
  const missed = (parts: ElfParts, around = NOTHING) =>
    missedBy(readProgram(buildElf(parts), 'app'), 'app', around).map(({ message }) => message);

  it('names certificates that are looked for and not there', () => {
    const parts = { text: '\0/etc/ssl/certs/ca-certificates.crt\0' };
    expect(missed(parts)).toEqual(['`app` looks for certificates, and the image has none: `--ca` adds them']);
    expect(missed(parts, { has: () => true })).toEqual([]);
  });

  it('names name services that a static glibc cannot load, and libraries that are loaded by name', () => {
    expect(missed({ text: '/etc/nsswitch.conf\0libnss_%s' })).toEqual([
      '`app` has glibc in it: it knows no name services but `files` and `dns`',
    ]);
    expect(missed({ interpreter: LOADER, symbols: ['dlopen'] })).toEqual([
      '`app` may load further libraries while it runs: `--add` puts them into the image',
    ]);
    expect(missed({})).toEqual([]);
  });
});
