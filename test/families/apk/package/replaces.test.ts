import { describe, expect, test } from 'vitest';
import { parseDependencies } from '../../../../src/families/apk/package/dependency.ts';
import { whoKeeps } from '../../../../src/families/apk/package/replaces.ts';

function side(name: string, replaces = '', priority = 0, origin = '') {
  return {
    ...{ name, version: '1.0-r0', origin },
    ...{ replaces: parseDependencies(replaces) ?? [], replacesPriority: priority },
  };
}

describe('whoKeeps a file of two packages', () => {
  test.each<[string, ReturnType<typeof side>, ReturnType<typeof side>, string]>([
    ['nobody, where neither replaces the other', side('a'), side('b'), 'neither'],
    ['the later one that replaces the earlier', side('a'), side('b', 'a'), 'second'],
    ['the earlier one that replaces the later', side('a', 'b'), side('b'), 'first'],
    ['the later of two that replace each other', side('a', 'b'), side('b', 'a'), 'second'],
    ['the earlier with the higher priority', side('a', 'b', 2), side('b', 'a', 1), 'first'],
    ['the later with the higher priority', side('a', 'b', 1), side('b', 'a', 2), 'second'],
    [
      'the later of one origin, whatever they replace',
      side('a', 'b', 9, 'o'),
      side('b', '', 0, 'o'),
      'second',
    ],
    ['nobody, where none has an origin', side('a', '', 0, ''), side('b', '', 0, ''), 'neither'],
    ['the later that replaces this version', side('a'), side('b', 'a=1.0-r0'), 'second'],
    ['nobody, where another version is replaced', side('a'), side('b', 'a<1'), 'neither'],
    ['nobody, where it is named by an identity', side('a'), side('b', 'a><Q1x'), 'neither'],
  ])('%s', (_, first, second, keeper) => {
    expect(whoKeeps(first, second)).toBe(keeper);
  });
});
