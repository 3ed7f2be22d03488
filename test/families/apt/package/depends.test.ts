import { describe, expect, it } from 'vitest';
import { parseDepends } from '../../../../src/families/apt/package/depends.ts';

const plain = { qualifier: null, op: null, version: null };

describe('parseDepends', () => {
  it('reads groups and their alternatives', () => {
    expect(parseDepends('a, b | c,d')).toEqual([
      [{ name: 'a', ...plain }],
      [
        { name: 'b', ...plain },
        { name: 'c', ...plain },
      ],
      [{ name: 'd', ...plain }],
    ]);
  });

  it.each([
    ['<<', '<<'],
    ['<=', '<='],
    ['=', '='],
    ['>=', '>='],
    ['>>', '>>'],
    ['<', '<='],
    ['>', '>='],
  ])('takes the operator %s as %s', (written, op) => {
    expect(parseDepends(`a (${written} 1:2-3)`)).toEqual([
      [{ name: 'a', qualifier: null, op, version: '1:2-3' }],
    ]);
  });

  it.each(['a:any (>=1)', ' a:any(>= 1) ', 'a:any\t( >=  1 )', 'a:any\n(>= 1)'])(
    'takes any blanks: %j',
    (text) => {
      expect(parseDepends(text)).toEqual([[{ name: 'a', qualifier: 'any', op: '>=', version: '1' }]]);
    },
  );

  it('drops the empty group after a trailing comma', () => {
    expect(parseDepends('a,\n b,\n')).toHaveLength(2);
  });

  it('reads nothing from an empty field', () => {
    expect(parseDepends('')).toEqual([]);
  });

  it.each(['a (>= 1', 'a b', '| a', 'a (>> )', 'a (~ 1)'])('refuses %j', (text) => {
    expect(() => parseDepends(text)).toThrow(expect.objectContaining({ code: 'package/relation-malformed' }));
  });
});
