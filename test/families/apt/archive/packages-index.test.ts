import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  IndexReader,
  openPackagesIndex,
  type PackagesIndex,
} from '../../../../src/families/apt/archive/packages-index.ts';

function open(text: string) {
  return openPackagesIndex(Buffer.from(text, 'latin1'));
}

describe('openPackagesIndex', () => {
  it('ends with a stanza that has an essential package without a name', () => {
    const text = Buffer.from(
      'Package: a\nVersion: 1\n\nPackage:\nEssential: yes\nVersion: 1\n\nPackage: b\n',
      'latin1',
    );
    const reader = new IndexReader(text);
    reader.advance(text.length - 1);
    const index = reader.finish();
    expect(index.mention('')).toBeNull();
    expect(index.essential).toEqual([1]);
  });

  it('finds stanzas by name in any order', () => {
    const index = open('Package: b\nVersion: 1\n\nPackage: a\nVersion: 2\n');
    expect(index.stanza(index.named('a')[0]!).get('version')).toBe('2');
    expect(index.stanza(index.named('b')[0]!).get('version')).toBe('1');
    expect(index.named('c')).toEqual([]);
  });

  it('keeps every stanza of a repeated name, in order', () => {
    const index = open('Package: a\nVersion: 1\n\nPackage: a\nVersion: 2\n');
    expect(index.named('a')).toEqual([0, 1]);
  });

  it('finds a Package field that is not the first', () => {
    expect(open('Version: 1\nPackage: a\n').named('a')).toEqual([0]);
  });

  it('takes field names in any case, tabs, and CRLF', () => {
    const index = open('PACKAGE:\ta\r\nprovides: x\r\nEssential: Yes\r\n\r\nPackage: b\r\n');
    expect(index.named('a')).toEqual([0]);
    expect(index.named('b')).toEqual([1]);
    expect(index.providing('x')).toEqual([0]);
    expect(index.essential).toEqual([0]);
    expect(index.stanza(0).get('package')).toBe('a');
  });

  it('takes a last line without a newline', () => {
    expect(open('Version: 1\nPackage: a').named('a')).toEqual([0]);
  });

  it('joins folded lines', () => {
    const index = open('Package: a\nDepends: b,\n c,\n\td\nVersion: 1\n');
    expect(index.stanza(0).get('depends')).toBe('b,\nc,\nd');
    expect(index.stanza(0).get('version')).toBe('1');
  });

  it('is not misled by a folded line that looks like a field', () => {
    expect(open('Package: a\nDescription: x\n Package: b\n').named('b')).toEqual([]);
  });

  it('finds each entry of folded and versioned Provides', () => {
    const index = open('Package: a\nProvides: x (= 1),y:any,\n z\nVersion: 1\n\nPackage: b\nProvides: x\n');
    expect(index.providing('x')).toEqual([0, 1]);
    expect(index.providing('y:any')).toEqual([0]);
    expect(index.providing('z')).toEqual([0]);
    expect(index.providing('1')).toEqual([]);
  });

  it('notes which stanzas have a priority that a variant may want', () => {
    const index = open(
      'Package: a\nPriority: optional\n\nPackage: b\nPriority: required\n\nPackage: c\nPriority: standard\n',
    );
    expect(index.prioritized).toEqual([1, 2]);
  });

  it('keeps bytes that are not UTF-8', () => {
    const text = Buffer.from([...Buffer.from('Package: a\nMaintainer: J'), 0xe9, 0x0a]);
    expect(openPackagesIndex(text).stanza(0).get('maintainer')).toBe('J\xe9');
  });

  it('takes an empty index and blank lines around stanzas', () => {
    expect([...open('').names()]).toEqual([]);
    expect([...open('\n\n\nPackage: a\n\n\n\nPackage: b\n\n').names()]).toEqual(['a', 'b']);
  });

  it('finds every one of many names', () => {
    const names = Array.from({ length: 40_000 }, (_, i) => `name-${i}`);
    const index = open(names.map((name) => `Package: ${name}\n`).join('\n'));
    for (const [at, name] of names.entries()) expect(index.named(name)).toEqual([at]);
  });

  it('never fails on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const index = openPackagesIndex(Buffer.from(bytes));
        index.providing('x');
        for (const name of index.names()) for (const at of index.named(name)) index.stanza(at);
      }),
    );
  });

  it('is the same, however its text comes in', () => {
    const line = fc.constantFrom(
      ...['Package: a', 'Package: b', 'Essential: yes', 'Provides: x, y', 'Priority: required'],
      ...['Depends: a, c', ' folded', '', '\r'],
    );
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(200)), fc.boolean(), (lines, cuts, hasEnd) => {
        const text = Buffer.from(lines.join('\n') + (hasEnd ? '\n' : ''));
        const partial = Buffer.alloc(text.length);
        const reader = new IndexReader(partial);
        for (const end of cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b)) {
          text.copy(partial, 0, 0, end);
          reader.advance(end);
        }
        text.copy(partial);
        expect(contentsOf(reader.finish())).toEqual(contentsOf(openPackagesIndex(text)));
      }),
    );
  });
});

function contentsOf(index: PackagesIndex) {
  const { essential, prioritized } = index;
  const names = ['a', 'b', 'c', 'x'];
  return {
    names: [...index.names()],
    stanzas: names.map((name) => index.named(name).map((at) => [...index.stanza(at)])),
    providers: names.map((name) => index.providing(name)),
    mentions: names.map((name) => index.mention(name)),
    ...{ essential, prioritized },
  };
}
