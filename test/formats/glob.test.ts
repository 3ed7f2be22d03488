import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlob } from '../../src/formats/glob.ts';
import { growth } from '../support/growth.ts';

/** The same as a regular expression, which is short and may take for ever. */
function oracle(glob: string, pathname: boolean): RegExp {
  const one = pathname ? '[^/]' : '[\\s\\S]';
  const pattern = glob.replace(
    /\[([!^]?)(\]?[^\]]*)\]|\\([\s\S])|[\s\S]/g,
    (part, negated, members, escaped) => {
      if (escaped !== undefined) return `\\x${escaped.charCodeAt(0).toString(16).padStart(2, '0')}`;
      if (part === '*') return `${one}*`;
      if (part === '?') return one;
      if (members === undefined) return `\\x${part.charCodeAt(0).toString(16).padStart(2, '0')}`;
      return `${pathname ? '(?!/)' : ''}[${negated === '' ? '' : '^'}${members.replace(/[\\\]^]/g, '\\$&')}]`;
    },
  );
  return new RegExp(`^${pattern}$`);
}

describe('a glob', () => {
  test.each([
    ['/a/*', '/a/b/c', true],
    ['/a/*.so', '/a/b/c.so.so', true],
    ['*a*b*', 'xxbxxaxxb', true],
    ['[a-c]?', 'bx', true],
    ['[!a]', 'a', false],
    ['[z-a]', 'm', false],
    ['[]a]', ']', true],
    ['a\\*', 'ab', false],
    ['a[', 'a[', true],
    ['a\\', 'a\\', true],
  ])('%s of %s: %s', (glob, text, is) => {
    expect(compileGlob(glob).test(text)).toBe(is);
  });

  test('that keeps to one folder takes no slash', () => {
    const glob = compileGlob('/usr/*/x?', { pathname: true });
    expect([glob.test('/usr/a/xy'), glob.test('/usr/a/b/xy'), glob.test('/usr/a/x/')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each([false, true])(
    'says what the expression does that it stands for, of one folder: %s',
    (pathname) => {
      const letter = fc.constantFrom(...'ab/*?.');
      const set = fc.constantFrom('[ab]', '[!a]', '[a-b]', '[]a]', '\\a', '\\*');
      fc.assert(
        fc.property(
          fc.array(fc.oneof(letter, set), { maxLength: 8 }),
          fc.string({ unit: fc.constantFrom(...'ab/.]*'), maxLength: 8 }),
          (parts, text) => {
            const glob = parts.join('');
            expect(compileGlob(glob, { pathname }).test(text)).toBe(oracle(glob, pathname).test(text));
          },
        ),
        { numRuns: 2000 },
      );
    },
  );

  test('with many stars takes time in proportion to the text', () => {
    const glob = compileGlob(`/${'*a'.repeat(30)}*b`);
    expect(growth((size) => glob.test(`/${'a'.repeat(size)}`), 20_000)).toBeLessThan(3);
  });
});
