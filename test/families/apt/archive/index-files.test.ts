import { describe, expect, test } from 'vitest';
import { indexPaths } from '../../../../src/families/apt/archive/index-files.ts';
import { parseRelease } from '../../../../src/families/apt/archive/release.ts';

const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function pathsOf(
  head: string,
  listed: readonly string[],
  components: readonly string[] = ['main'],
): string[] {
  const lines = listed.map((path) => ` ${HASH} 0 ${path}\n`).join('');
  const text = `Date: Sat, 11 Jul 2026 10:16:37 UTC\n${head}SHA256:\n${lines}`;
  return indexPaths(parseRelease(text, 'it'), { suite: 'stable', arch: 'amd64', components, mirrors: [] });
}

/** The packages that apt reads of each, shown with apt-ftparchive's archives. */
describe('indexPaths', () => {
  test.each([
    ['amd64 all, of which all alone is listed', 'Architectures: amd64 all\n', ['main/binary-all/Packages']],
    ['all alone', 'Architectures: all\n', ['main/binary-all/Packages.gz']],
    ['no architectures, of which all alone is listed', '', ['main/binary-all/Packages.zst']],
  ])('%s', (_, head, listed) => {
    expect(pathsOf(head, listed)).toEqual(['main/binary-all/Packages']);
  });

  test('a component that lists nothing is passed over', () => {
    const head = 'Architectures: amd64\nComponents: main extra\n';
    expect(pathsOf(head, ['main/binary-amd64/Packages'], ['main', 'extra'])).toEqual([
      'main/binary-amd64/Packages',
    ]);
  });

  test('where nothing is listed at all, each is asked for and missed', () => {
    expect(pathsOf('Architectures: amd64\n', [])).toEqual(['main/binary-amd64/Packages']);
  });

  test('a component that is listed and not named, and one with a slash, are read', () => {
    const head = 'Architectures: amd64\nComponents: main updates/extra\n';
    expect(pathsOf(head, ['other/binary-amd64/Packages'], ['other'])).toEqual([
      'other/binary-amd64/Packages',
    ]);
    const slashed = ['updates/extra/binary-amd64/Packages'];
    expect(pathsOf(head, slashed, ['updates/extra'])).toEqual(slashed);
  });

  test('an architecture that is listed and not named is read', () => {
    const listed = ['main/binary-amd64/Packages'];
    expect(pathsOf('Architectures: i386\n', listed)).toEqual(listed);
  });

  test('packages of architecture all stand for no other where each index lists them', () => {
    const head = 'Architectures: all i386\nNo-Support-for-Architecture-all: Packages\n';
    expect(() => pathsOf(head, ['main/binary-all/Packages', 'main/binary-i386/Packages'])).toThrow(
      expect.objectContaining({ code: 'usage/unknown-architecture' }),
    );
  });

  test('an index in lz4 alone is refused by the name of the codec, and not empty', () => {
    const listed = ['main/binary-amd64/Packages', 'extra/binary-amd64/Packages.lz4'];
    expect(() => pathsOf('Architectures: amd64\n', listed, ['main', 'extra'])).toThrow(
      expect.objectContaining({
        code: 'package/unknown-compression',
        message: expect.stringContaining('extra/binary-amd64/Packages'),
      }),
    );
  });

  test('an architecture or a component that is nowhere is named', () => {
    const listed = ['main/binary-i386/Packages'];
    const code = expect.stringMatching(/^usage\/unknown-/);
    expect(() => pathsOf('Architectures: i386\n', listed)).toThrow(expect.objectContaining({ code }));
    expect(() => pathsOf('Components: main\n', listed, ['extra'])).toThrow(expect.objectContaining({ code }));
  });
});
