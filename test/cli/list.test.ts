import { describe, expect, it } from 'vitest';
import { listText } from '../../src/cli/list-text.ts';
import { familyOf } from '../../src/families/index.ts';
import { BUILT_IN, builtInRecipe, listedBuiltIn } from '../../src/recipe/built-in.ts';
import { listedSuite } from '../../src/recipe/listed-suite.ts';

const recipes = listedBuiltIn().map((suite) => ({ ...suite, from: null }));

const SOME = recipes.filter(({ suite }) => suite === 'bookworm' || suite === 'sid');

describe('list', () => {
  it('prints a line a suite and the mirrors of its pockets', () => {
    const lines = listText(SOME, '2026-11-21').split('\n');
    expect(lines[0]).toMatch(/^suite +release +also +end of life +from +architectures$/);
    expect(lines[1]).toMatch(/^debian:bookworm +12 .* \d{4}-\d\d-\d\d +mkbase +amd64 arm64/);
    expect(lines[2]).toMatch(/^debian:sid +- +unstable +- +mkbase +amd64/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^bookworm-security +http:\/\/security\.debian\.org\/debian-security$/),
    );
  });

  it('tells which suites have ended', () => {
    const [, ...rows] = listText(SOME, '2030-01-01').split('\n');
    expect(rows[0]).toContain('2028-06-30 (ended)');
  });

  it('tells the mirrors of ports apart', () => {
    const noble = recipes.filter(({ suite }) => suite === 'noble');
    expect(listText(noble, '2026-11-21').split('\n').slice(-7, -5)).toEqual([
      expect.stringMatching(/^noble .*archive\.ubuntu\.com.* \(amd64, i386\)$/),
      expect.stringMatching(/^noble .*ports\.ubuntu\.com.* \(others\)$/),
    ]);
  });

  it('is compiled from the recipes themselves', () => {
    const suites = BUILT_IN.map(builtInRecipe).map((recipe) => {
      return listedSuite(recipe, familyOf(recipe).repositoriesOf(recipe));
    });
    expect(listedBuiltIn()).toEqual(suites);
  });
});
