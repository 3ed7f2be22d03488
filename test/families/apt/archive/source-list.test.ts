import { describe, expect, test } from 'vitest';
import { readSourceList, styleOf } from '../../../../src/families/apt/archive/source-list.ts';

const lines = (text: string) => readSourceList(text, 'one-line', '`x.list`');
const stanzas = (text: string) => readSourceList(text, 'deb822', '`x.sources`');

describe('a source in lines', () => {
  test('has an entry a line, with its options by the names of stanzas', () => {
    const text =
      '# one\n\ndeb [ arch=amd64,arm64 signed-by="/k.gpg" ] http://m/debian bookworm main contrib # near\n' +
      'deb-src http://m/debian bookworm main\ndeb http://m/debs ./\n';
    expect(lines(text)).toEqual([
      {
        uri: 'http://m/debian',
        suite: 'bookworm',
        components: ['main', 'contrib'],
        options: new Map([
          ['architectures', 'amd64,arm64'],
          ['signed-by', '/k.gpg'],
        ]),
      },
      { uri: 'http://m/debs', suite: './', components: [], options: new Map() },
    ]);
  });

  test.each([
    ['deb http://m/debian\n', 'line 1 is not an entry'],
    ['\ndep http://m/debian bookworm main\n', 'line 2 is not an entry'],
    ['deb http://m/debian bookworm\n', '`bookworm` of `http://m/debian` has no component'],
    ['deb http://m/debian ./ main\n', '`./` of `http://m/debian` has components'],
    ['deb ftp://me:secret@m/debian bookworm main\n', '`ftp://m/debian` is not the address of a mirror'],
    ['deb https:/me:secret@m bookworm main\n', '`https://m/` is not the address of a mirror'],
    ['deb cdrom:[Debian]/ bookworm main\n', 'is not the address of a mirror'],
  ])('%j is refused: %s', (text, reason) => {
    expect(() => lines(text)).toThrow(
      expect.objectContaining({ code: 'usage/bad-source', message: expect.stringContaining(reason) }),
    );
  });
});

describe('a source in stanzas', () => {
  test('has an entry for each address and suite, and none where it is disabled', () => {
    const text =
      'Types: deb deb-src\nURIs: http://a/d\n https://b/d\nSuites: x y\nComponents: main\nArchitectures: amd64\n\n' +
      'Types: deb\nURIs: http://c/d\nSuites: z\nComponents: main\nEnabled: no\n';
    const entries = stanzas(text);
    expect(entries.map(({ uri, suite }) => `${uri} ${suite}`)).toEqual([
      'http://a/d x',
      'http://a/d y',
      'https://b/d x',
      'https://b/d y',
    ]);
    expect(entries[0]!.options.get('architectures')).toBe('amd64');
  });

  test('is refused where a field is missing', () => {
    expect(() => stanzas('Types: deb\nSuites: x\nComponents: main\n')).toThrow(
      expect.objectContaining({ code: 'usage/bad-source', message: expect.stringContaining('no `URIs`') }),
    );
  });
});

test.each([
  ['x', 'a.list', 'one-line'],
  ['x', 'a.sources', 'deb822'],
  ['# c\n\ndeb http://m s main\n', null, 'one-line'],
  ['# c\nTypes: deb\n', 'sources', 'deb822'],
  ['hello\n', null, null],
] as const)('%j from %s is of style %s', (text, file, style) => {
  expect(styleOf(text, file)).toBe(style);
});
