import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../src/nearest.ts';

const SUITES = ['bookworm', 'trixie', 'sid', 'stable', 'testing', 'unstable'];

describe('nearest', () => {
  it.each([
    ['bokworm', ['bookworm']],
    ['bookwrom', ['bookworm']],
    ['book', ['bookworm']],
    ['Trixie', ['trixie']],
    ['stabel', ['stable']],
    ['sdi', ['sid']],
    ['zzz', []],
    ['', []],
  ])('finds for %j %j', (typed, found) => {
    expect(nearest(typed, SUITES)).toEqual(found);
  });

  it('orders by distance, then by name, and gives no more than the limit', () => {
    expect(nearest('aaaa', ['aaab', 'aaaa', 'aaba', 'abaa', 'baaa'], 3)).toEqual(['aaaa', 'aaab', 'aaba']);
  });
});

describe('didYouMean', () => {
  it('joins the names into a hint', () => {
    expect(didYouMean('stabl', SUITES)).toBe('did you mean `stable`');
    expect(didYouMean('libfo1', ['libfoo1', 'libfo2', 'libf1'])).toBe(
      'did you mean `libf1`, `libfo2` or `libfoo1`',
    );
    expect(didYouMean('qqqqq', SUITES)).toBeUndefined();
  });
});
