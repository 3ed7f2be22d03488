import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDeb822, wordsOf } from '../../src/formats/deb822.ts';

const plain = (text: string) => parseDeb822(text).map((paragraph) => Object.fromEntries(paragraph));

describe('parseDeb822', () => {
  test.each<[string, string, Record<string, string>[]]>([
    ['fields by lower-case name', 'Package: a\nVERSION: 1\n', [{ package: 'a', version: '1' }]],
    ['no newline at the end', 'Package: a', [{ package: 'a' }]],
    [
      'CRLF',
      'Package: a\r\nVersion: 1\r\n\r\nPackage: b\r\n',
      [{ package: 'a', version: '1' }, { package: 'b' }],
    ],
    ['several blank lines, with white space', '\n\nA: 1\n \t\n\nB: 2\n\n', [{ a: '1' }, { b: '2' }]],
    ['a folded value', 'Depends: a,\n b,\n\tc\nX: y', [{ depends: 'a,\nb,\nc', x: 'y' }]],
    ['a list below an empty first line', 'SHA256:\n a 1 x\n b 2 y\n', [{ sha256: '\na 1 x\nb 2 y' }]],
    ['an empty line in a description', 'D: s\n l\n .\n m', [{ d: 's\nl\n.\nm' }]],
    ['a tab after the colon, none, and space before it', 'A:\tx\nB:y\nC : z', [{ a: 'x', b: 'y', c: 'z' }]],
    ['a colon in the value', 'Homepage: http://x:80/', [{ homepage: 'http://x:80/' }]],
    ['comments, also inside a value', '# c\nA: 1\n# c\n 2\n# c\n', [{ a: '1\n2' }]],
    ['the first of a field given twice', 'A: 1\n x\nA: 2\n y\n', [{ a: '1\nx' }]],
    ['a line that is not a field', 'nonsense\n more\nA: 1\n', [{ a: '1' }]],
    ['a field without a name', ': x\nA: 1', [{ a: '1' }]],
    ['bytes beyond ASCII', 'Maintainer: J\xf6rg', [{ maintainer: 'J\xf6rg' }]],
    ['a field named like an object member', '__proto__: x', [Object.fromEntries([['__proto__', 'x']])]],
    ['nothing', '', []],
  ])('%s', (_, text, paragraphs) => {
    expect(plain(text)).toEqual(paragraphs);
  });

  test('any text is read, and its fields are clean', () => {
    const text = fc.array(fc.constantFrom('A', ':', ' ', '\n', '\r', '\t', '#', '.', 'b', '\0', 'é'), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(text, (letters) => {
        for (const paragraph of parseDeb822(letters.join(''))) {
          expect(paragraph.size).toBeGreaterThan(0);
          for (const [name, value] of paragraph) {
            expect(name).toBe(name.trim().toLowerCase());
            expect(name).not.toMatch(/[:\n]/);
            expect(value).not.toMatch(/[ \t\r]$/);
          }
        }
      }),
    );
  });

  test('what is written is read back', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    const paragraph = fc.uniqueArray(fc.tuple(name, value), {
      selector: ([key]) => key.toLowerCase(),
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.array(paragraph), (paragraphs) => {
        const text = paragraphs
          .map((fields) => fields.map(([key, text]) => `${key}: ${text}\n`).join(''))
          .join('\n');
        const read = parseDeb822(text).map((fields) => [...fields]);
        expect(read).toEqual(
          paragraphs.map((fields) => fields.map(([key, text]) => [key.toLowerCase(), text])),
        );
      }),
    );
  });
});

test('wordsOf splits at any white space', () => {
  expect(wordsOf(' a  b\nc\td ')).toEqual(['a', 'b', 'c', 'd']);
  expect(wordsOf(undefined)).toEqual([]);
});
