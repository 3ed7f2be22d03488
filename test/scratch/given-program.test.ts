import { describe, expect, it } from 'vitest';
import { readProgram } from '../../src/programs/program.ts';
import { byArchitecture, type GivenProgram, parseProgram } from '../../src/scratch/given-program.ts';
import { buildElf } from '../support/elf.ts';

const amd64 = buildElf();
const arm64 = buildElf({ machine: 183 });

function given(destination: string, bytes: Buffer): GivenProgram {
  const source = `.${destination}`;
  const place = { source, real: source, destination, mode: 0o755, uid: 0, gid: 0 };
  return { ...place, bytes, program: readProgram(bytes, source) };
}

describe('parseProgram', () => {
  it.each([
    ['./bin/app', { source: './bin/app', destination: '/app', mode: null }],
    ['app:/usr/bin/', { source: 'app', destination: '/usr/bin/', mode: null }],
    ['app:/usr/bin/x:4755:1:2', { source: 'app', destination: '/usr/bin/x', mode: 0o4755, uid: 1, gid: 2 }],
  ])('reads %s', (text, program) => {
    expect(parseProgram(text)).toMatchObject(program);
  });
});

describe('byArchitecture', () => {
  const sets = (programs: readonly GivenProgram[], asked: readonly string[] = []) =>
    byArchitecture(programs, { asked, host: 'amd64' }).map(({ arch, programs: own }) => [
      arch,
      ...own.map(({ destination }) => destination),
    ]);

  it('makes one image of programs of one architecture, under their own names', () => {
    expect(sets([given('/app-arm64', arm64), given('/tool', arm64)])).toEqual([
      ['arm64', '/app-arm64', '/tool'],
    ]);
  });

  it.each([
    ['/app-amd64', '/app-arm64', '/app'],
    ['/bin/app_linux_amd64', '/bin/app_linux_arm64', '/bin/app'],
    ['/app.x86_64', '/app.aarch64', '/app'],
  ])('gives %s and %s one name', (one, other, name) => {
    const script = given('/start', Buffer.from('#!/bin/sh\n'));
    expect(sets([given(one, amd64), given(other, arm64), script])).toEqual([
      ['amd64', name, '/start'],
      ['arm64', name, '/start'],
    ]);
  });

  it('makes an empty image for the host, or for what was asked for', () => {
    expect(sets([])).toEqual([['amd64']]);
    expect(sets([], ['arm64', 's390x'])).toEqual([['arm64'], ['s390x']]);
  });

  it('refuses a program for another architecture, and an architecture without one', () => {
    expect(() => sets([given('/app', arm64)], ['amd64'])).toThrow(
      expect.objectContaining({
        code: 'binary/wrong-architecture',
        message: '`./app` is for `arm64`, and the image for `amd64`',
      }),
    );
    expect(() => sets([given('/app', arm64)], ['arm64', 'amd64'])).toThrow(
      expect.objectContaining({ message: 'no program is for `amd64`' }),
    );
  });
});
