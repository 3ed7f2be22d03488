import type { RefreshImage } from './image.ts';

/** Waits until an image may be made; call the result when that is done, or has failed. */
export type Turn = (image: RefreshImage) => Promise<() => void>;

/**
 * Makes the first of several images with the same base alone, and lets the others wait: they find its packages in the
 * cache, and the base as it was configured. At once all of them would make it.
 */
export function firstOfBase(): Turn {
  const firsts = new Map<string, Promise<void>>();
  return async (image) => {
    const key = baseOf(image);
    const first = firsts.get(key);
    await first;
    if (first !== undefined) return () => {};
    let done = () => {};
    firsts.set(
      key,
      new Promise((resolve) => {
        done = resolve;
      }),
    );
    return done;
  };
}

/** Images of which others have the same base say so, that the first of them keeps it. */
export function withFollowers(images: readonly RefreshImage[]): readonly RefreshImage[] {
  const bases = images.map(baseOf);
  return images.map((image, index) => {
    const key = bases[index];
    if (bases.filter((base) => base === key).length < 2) return image;
    return { ...image, jobs: image.jobs.map((job) => ({ ...job, hasFollowers: true })) };
  });
}

/** A key that images with probably the same base share; where the bases differ, one waits in vain. */
function baseOf({ jobs }: RefreshImage): string {
  const bases = jobs.map(({ recipe, arch, variant, pathRules, scripts }) => {
    return [recipe.name, arch, variant, pathRules, scripts];
  });
  return JSON.stringify(bases);
}
