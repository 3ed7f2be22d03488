import type { LastReleases, Pocket } from '../src/recipe/recipe.ts';

/** The pockets, each with the digest of its last Release where there is one. */
export function withLastReleases(pockets: readonly Pocket[], last: LastReleases): readonly Pocket[] {
  return pockets.map((pocket) => {
    const lastRelease = last[pocket.name];
    return lastRelease === undefined ? pocket : { ...pocket, lastRelease };
  });
}
