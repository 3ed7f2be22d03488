import type { Mirrors, Recipe } from './recipe.ts';

/** The line of `mkbase list` for a suite: compiled for those of mkbase's own, so that nothing else is read for it. */
export interface ListedSuite
  extends Pick<Recipe, 'distribution' | 'suite' | 'release' | 'aliases' | 'endOfLife'> {
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly pockets: readonly Listed[];
}

/** A signed repository of the suite. */
interface Listed {
  /** The folder of the suite. */
  readonly suite: string;
  readonly mirrors: Mirrors;
}

export function listedSuite(recipe: Recipe, pockets: readonly Listed[]): ListedSuite {
  const { distribution, suite, release, aliases, endOfLife, arches, components } = recipe;
  return { distribution, suite, release, aliases, endOfLife, architectures: arches, components, pockets };
}
