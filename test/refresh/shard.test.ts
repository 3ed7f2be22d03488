import { describe, expect, it } from 'vitest';
import { isInShard, parseShard } from '../../src/refresh/shard.ts';

const NAMES = Array.from({ length: 200 }, (_, index) => `image-${index}`);
const shardsOf = (total: number, names = NAMES) =>
  names.map((name) =>
    Array.from({ length: total }, (_, index) => index).filter((index) => isInShard(name, { index, total })),
  );

describe('shards of a list', () => {
  it('are together exactly the list, and no image is in two', () => {
    expect(shardsOf(5).map((indexes) => indexes.length)).toEqual(NAMES.map(() => 1));
  });

  it('have about as many images each', () => {
    const sizes = [0, 1, 2, 3, 4].map(
      (index) =>
        shardsOf(5)
          .flat()
          .filter((one) => one === index).length,
    );
    expect(Math.min(...sizes)).toBeGreaterThan(25);
    expect(Math.max(...sizes)).toBeLessThan(55);
  });

  it('stay as they are where an image is added, and give only to a new shard', () => {
    expect(shardsOf(5, ['new', ...NAMES]).slice(1)).toEqual(shardsOf(5));
    const [five, six] = [shardsOf(5).flat(), shardsOf(6).flat()];
    const moved = NAMES.filter((_, at) => five[at] !== six[at]);
    expect(moved.every((name) => isInShard(name, { index: 5, total: 6 }))).toBe(true);
    expect(moved.length).toBeLessThan(50);
  });

  it('are the same for ever', () => {
    const names = ['bookworm', 'trixie', 'sid', 'alpine', 'noble'];
    expect(shardsOf(5, names).flat()).toEqual([1, 4, 4, 4, 2]);
  });
});

describe('--shard', () => {
  it.each([
    ['0/5', {}, { index: 0, total: 5 }],
    ['4/5', { JOB_COMPLETION_INDEX: '1' }, { index: 4, total: 5 }],
    ['/5', { JOB_COMPLETION_INDEX: '3' }, { index: 3, total: 5 }],
  ])('%s with %j is a shard', (text, env, shard) => {
    expect(parseShard(text, env)).toEqual(shard);
  });

  it.each([
    ['5/5', {}, '`5/5`'],
    ['1', {}, '`1`'],
    ['-1/5', {}, '`-1/5`'],
    ['0/0', {}, '`0/0`'],
    ['0/1001', {}, '`0/1001`'],
    ['/5', { JOB_COMPLETION_INDEX: '5' }, '`5/5`'],
    ['/5', { JOB_COMPLETION_INDEX: 'x' }, '`x/5`'],
  ])('%s with %j is refused', (text, env, shown) => {
    expect(() => parseShard(text, env)).toThrow(`invalid value ${shown} for \`--shard\``);
  });

  it('without an index, where the scheduler gives none, is refused', () => {
    expect(() => parseShard('/5', {})).toThrow('has no index of its own');
  });
});
