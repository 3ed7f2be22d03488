import { describe, expect, it } from 'vitest';
import { parseIndex } from '../../../../src/families/apk/archive/index-file.ts';
import {
  formatDependency,
  parseDependencies,
  parseDependency,
} from '../../../../src/families/apk/package/dependency.ts';

describe('parseDependency', () => {
  const plain = { isConflict: false, tag: null, operator: null, version: '' };

  it.each([
    ['musl', { ...plain, name: 'musl' }],
    ['so:libc.musl-x86_64.so.1', { ...plain, name: 'so:libc.musl-x86_64.so.1' }],
    ['/bin/sh', { ...plain, name: '/bin/sh' }],
    ['!uclibc-utils', { ...plain, name: 'uclibc-utils', isConflict: true }],
    ['a=1.0-r0', { ...plain, name: 'a', operator: '=', version: '1.0-r0' }],
    ['a=~1', { ...plain, name: 'a', operator: '~', version: '1' }],
    ['a=>1', { ...plain, name: 'a', operator: '>=', version: '1' }],
    ['a><Q1abc=', { ...plain, name: 'a', operator: '><', version: 'Q1abc=' }],
    ['a<~2', { ...plain, name: 'a', operator: '<~', version: '2' }],
    ['a@edge', { ...plain, name: 'a', tag: 'edge' }],
    ['a@edge>=2', { ...plain, name: 'a', tag: 'edge', operator: '>=', version: '2' }],
    ['py3.11:x', { ...plain, name: 'py3.11:x' }],
  ] as const)('reads `%s`', (text, expected) => {
    expect(parseDependency(text)).toEqual(expected);
  });

  it.each(['', '!', '=1', 'a=', 'a@', '@edge', '!@x'])('refuses `%s`', (text) => {
    expect(parseDependency(text)).toBeNull();
  });

  it('writes what it read', () => {
    for (const text of ['a', '!a>=1', 'a@edge', 'a@edge<~2', 'so:x=1', 'a><Q1abc=']) {
      expect(formatDependency(parseDependency(text)!)).toBe(text);
    }
  });

  it('reads a field, whatever stands between', () => {
    expect(parseDependencies('a  b>1\nc ')?.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(parseDependencies('a b=')).toBeNull();
  });
});

describe('parseIndex', () => {
  const stanza =
    'C:Q1AAECAwQFBgcICQoLDA0ODxAREhM=\nP:a\nV:1-r0\nA:x86_64\nS:10\nI:20\nT:A thing\nU:https://a\nL:MIT\no:a\nm:M\nt:5\nc:f0\nk:7\n';

  it('reads all fields', () => {
    expect(parseIndex(`${stanza}D:b c=1\np:x\ni:y z\n\n`)).toMatchObject([
      {
        ...{
          name: 'a',
          version: '1-r0',
          arch: 'x86_64',
          identity: 'Q1AAECAwQFBgcICQoLDA0ODxAREhM=',
          size: 10,
          installedSize: 20,
        },
        ...{ description: 'A thing', url: 'https://a', license: 'MIT', origin: 'a', maintainer: 'M' },
        ...{ buildTime: 5, commit: 'f0', providerPriority: 7, unusable: null },
        depends: [{ name: 'b' }, { name: 'c', version: '1' }],
        provides: [{ name: 'x' }],
        installIf: [{ name: 'y' }, { name: 'z' }],
      },
    ]);
  });

  it('needs no empty line at the end', () => {
    expect(parseIndex(`${stanza}\n${stanza}`)).toHaveLength(2);
  });

  it('leaves out a stanza that names no package', () => {
    expect(parseIndex('P:a\nV:1\n\nV:1\nC:Q1x\n\n')).toEqual([]);
  });

  it('ignores small letters that it does not know, and takes capitals seriously', () => {
    const [ignored, refused] = parseIndex(`${stanza}x:1\n\n${stanza}X:1\n`);
    expect(ignored?.unusable).toBeNull();
    expect(refused?.unusable).toBe('the field `X:` is not known');
  });

  it.each([
    ['D:a=', 'its dependencies are malformed'],
    ['V:latest', 'its version is malformed'],
    ['P:../a', 'its name is malformed'],
    ['C:Q2abc=', 'its identity is of an unknown kind'],
    ['nonsense', 'a line of the index is not a field'],
  ])('never installs a package with `%s`', (line, reason) => {
    expect(parseIndex(`${stanza}${line}\n`)[0]?.unusable).toBe(reason);
  });

  it('takes absurd numbers for the largest', () => {
    const [item] = parseIndex(stanza.replace('S:10', `S:${'9'.repeat(400)}`).replace('I:20', 'I:-1'));
    expect(item?.size).toBe(Number.MAX_SAFE_INTEGER);
    expect(item?.installedSize).toBe(0);
  });
});
