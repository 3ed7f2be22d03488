import { describe, expect, test } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { readAr, writeAr } from '../../src/formats/ar.ts';
import { buildAr } from '../support/deb.ts';

const MAGIC = '!<arch>\n';

function member(
  overrides: Partial<Record<'name' | 'mtime' | 'mode' | 'size' | 'end', string>>,
  body = '',
): string {
  const { name = 'x', mtime = '1', mode = '100644', size = `${body.length}`, end = '`\n' } = overrides;
  const fields = [name.padEnd(16), mtime.padEnd(12), '7     ', '8     ', mode.padEnd(8), size.padEnd(10)];
  return `${fields.join('')}${end}${body}`;
}

const membersOf = (bytes: Buffer) => [...readAr(bytes)];

describe('readAr', () => {
  test('gives members in order, with bodies that are views and not copies', () => {
    const bytes = buildAr([
      { name: 'debian-binary', content: Buffer.from('2.0\n'), mtime: 1_600_000_000 },
      { name: 'odd', content: Buffer.from('abc') },
      { name: 'empty', content: Buffer.alloc(0) },
      { name: 'last', content: Buffer.from('end!') },
    ]);
    const members = membersOf(bytes);
    expect(members.map(({ name, mtime, body }) => [name, mtime, body.toString()])).toEqual([
      ['debian-binary', 1_600_000_000, '2.0\n'],
      ['odd', 0, 'abc'],
      ['empty', 0, ''],
      ['last', 0, 'end!'],
    ]);
    expect(members.every(({ body }) => body.buffer === bytes.buffer)).toBe(true);
  });

  test('reads owners and the octal mode', () => {
    const [only] = membersOf(Buffer.from(MAGIC + member({ mode: '100755' }, 'ab')));
    expect(only).toMatchObject({ uid: 7, gid: 8, mode: 0o100755 });
  });

  test('takes the slash off a name that GNU ar ended with one', () => {
    expect(membersOf(Buffer.from(MAGIC + member({ name: 'debian-binary/' })))[0]?.name).toBe('debian-binary');
  });

  test('reads blank numbers as 0', () => {
    expect(membersOf(Buffer.from(MAGIC + member({ mtime: '', mode: '' })))[0]).toMatchObject({
      mtime: 0,
      mode: 0,
    });
  });

  test('does without the pad byte of the last member', () => {
    expect(membersOf(Buffer.from(MAGIC + member({}, 'abc')))[0]?.body.toString()).toBe('abc');
  });

  test('reads an archive without members', () => {
    expect(membersOf(Buffer.from(MAGIC))).toEqual([]);
  });

  test.each([
    ['nothing at all', '', 'it is too short'],
    ['another magic', '!<thin>\nxxxxxxxx', 'it does not begin with `!<arch>`'],
    ['a header cut short', MAGIC + member({}).slice(0, 59), 'it ends inside the member header at byte 8'],
    ['a header without its end mark', MAGIC + member({ end: '``' }), 'there is no member header at byte 8'],
    ['a size that is not a number', MAGIC + member({ size: '1x' }), 'has a field that is not a number'],
    ['a negative size', MAGIC + member({ size: '-1' }), 'has a field that is not a number'],
    ['a mode that is not octal', MAGIC + member({ mode: '8' }), 'has a field that is not a number'],
    [
      'a body cut short',
      MAGIC + member({ name: 'a', size: '9' }, 'abc'),
      '`a` should have 9 bytes and has 3',
    ],
    [
      'bytes after the last member',
      `${MAGIC + member({}, 'ab')}junk`,
      'it ends inside the member header at byte 70',
    ],
  ])('refuses %s', (_, text, reason) => {
    const read = () => membersOf(Buffer.from(text, 'latin1'));
    expect(read).toThrowError(MkbaseError);
    expect(read).toThrowError(reason);
    expect(read).toThrowError(expect.objectContaining({ code: 'package/bad-ar' }));
  });
});

describe('writeAr', () => {
  test('writes what is read', () => {
    const bytes = Buffer.concat(
      writeAr(1_600_000_000, [
        ['debian-binary', Buffer.from('2.0\n')],
        ['odd', Buffer.from('abc')],
        ['last', Buffer.alloc(0)],
      ]),
    );
    const members = membersOf(bytes);
    expect(members.map(({ name, mtime, mode, body }) => [name, mtime, mode, body.toString()])).toEqual([
      ['debian-binary', 1_600_000_000, 0o100644, '2.0\n'],
      ['odd', 1_600_000_000, 0o100644, 'abc'],
      ['last', 1_600_000_000, 0o100644, ''],
    ]);
  });
});
