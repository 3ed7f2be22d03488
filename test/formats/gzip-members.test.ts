import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readGzipMember } from '../../src/formats/gzip-members.ts';

const members = ['first', '', 'x'.repeat(100_000)].map((text) => gzipSync(text, { level: 6 }));
const bytes = Buffer.concat(members);
const LIMIT = 2 ** 20;

/** The header of RFC 1952 with every optional field. */
function withFields(member: Buffer): Buffer {
  const header = Buffer.from(member.subarray(0, 10));
  header[3] = 2 + 4 + 8 + 16;
  const fields = Buffer.from([3, 0, 1, 2, 3, 0x6e, 0, 0x63, 0, 9, 9]);
  return Buffer.concat([header, fields, member.subarray(10)]);
}

describe('readGzipMember', () => {
  test('gives each member of a file with exactly its packed bytes', () => {
    let offset = 0;
    const read = members.map(() => {
      const member = readGzipMember(bytes, offset, LIMIT);
      offset += member.packed.length;
      return member;
    });
    expect(read.map(({ content }) => content.length)).toEqual([5, 0, 100_000]);
    expect(read.map(({ packed }) => packed)).toEqual(members);
    expect(offset).toBe(bytes.length);
  });

  test('skips extra field, name, comment and header checksum', () => {
    const member = withFields(members[0]!);
    const { content, packed } = readGzipMember(member, 0, LIMIT);
    expect(content.toString()).toBe('first');
    expect(packed.length).toBe(member.length);
  });

  test.each([
    ['another format', Buffer.from('PK\x03\x04 and more than ten bytes')],
    ['a reserved flag', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0x80]), members[0]!.subarray(4)])],
    ['a wrong length', Buffer.concat([members[0]!.subarray(0, -4), Buffer.from([9, 0, 0, 0])])],
    [
      'a wrong checksum',
      Buffer.concat([members[0]!.subarray(0, -8), Buffer.alloc(4), Buffer.from([5, 0, 0, 0])]),
    ],
  ])('refuses %s', (_, damaged) => {
    expect(() => readGzipMember(damaged, 0, LIMIT)).toThrowError(
      expect.objectContaining({ code: 'package/bad-compression' }),
    );
  });

  test('refuses a member cut short at any byte', () => {
    const member = withFields(members[0]!);
    for (let length = 0; length < member.length; length++) {
      expect(() => readGzipMember(member.subarray(0, length), 0, LIMIT)).toThrowError(
        expect.objectContaining({ code: 'package/bad-compression' }),
      );
    }
  });

  test('stops at the limit', () => {
    const bomb = gzipSync(Buffer.alloc(LIMIT + 1));
    expect(() => readGzipMember(bomb, 0, LIMIT)).toThrowError(
      expect.objectContaining({ code: 'package/decompression-bomb' }),
    );
  });
});
