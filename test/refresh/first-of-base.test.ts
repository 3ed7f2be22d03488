import { expect, it } from 'vitest';
import { firstOfBase, withFollowers } from '../../src/refresh/first-of-base.ts';
import type { RefreshImage } from '../../src/refresh/image.ts';
import { jobOf } from '../families/apt/plan-support.ts';

function image(include: readonly string[], variant: 'minbase' | 'buildd' = 'minbase'): RefreshImage {
  const jobs = [jobOf({ include, variant })];
  return { name: include.join(), jobs, repositories: [], tags: [], values: {}, hold: null } as never;
}

it('of images with one base the first is made alone, then the others at once; another base waits for none', async () => {
  const inTurn = firstOfBase();
  const begun: string[] = [];
  const begin = async (one: RefreshImage, name: string) => {
    const done = await inTurn(one);
    begun.push(name);
    return done;
  };
  const first = await begin(image(['curl']), 'curl');
  const others = [begin(image(['git']), 'git'), begin(image(['nginx']), 'nginx')];
  await begin(image([], 'buildd'), 'buildd');
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(['curl', 'buildd']);
  first();
  await Promise.all(others);
  expect(begun).toEqual(['curl', 'buildd', 'git', 'nginx']);
  await begin(image(['jq']), 'jq');
  expect(begun.at(-1)).toBe('jq');
});

it('a base that several images have is kept by the first that makes it', () => {
  const images = withFollowers([image(['curl']), image([], 'buildd'), image(['git'])]);
  expect(images.map(({ jobs }) => jobs[0]!.hasFollowers ?? false)).toEqual([true, false, true]);
});
