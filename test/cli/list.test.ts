import { describe, expect, it } from 'vitest';
import { recipes } from '../../recipes/index.ts';
import { listJson, listText } from '../../src/cli/list.ts';

const SOME = recipes.filter(({ suite }) => suite === 'bookworm' || suite === 'sid');

describe('list', () => {
  it('prints a line a suite and the mirrors of its pockets', () => {
    const lines = listText(SOME).split('\n');
    expect(lines[0]).toMatch(/^suite +release +also +end of life +architectures$/);
    expect(lines[1]).toMatch(/^debian:bookworm +12 .* \d{4}-\d\d-\d\d +amd64 arm64/);
    expect(lines[2]).toMatch(/^debian:sid +- +unstable +- +amd64/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^bookworm-security +http:\/\/security\.debian\.org\/debian-security$/),
    );
  });

  it('prints the same as JSON', () => {
    expect(JSON.parse(listJson(SOME))).toMatchObject([
      { distribution: 'debian', suite: 'bookworm', release: '12', components: ['main'] },
      { distribution: 'debian', suite: 'sid', release: null, endOfLife: null, aliases: ['unstable'] },
    ]);
  });
});
