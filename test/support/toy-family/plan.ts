import { createHash } from 'node:crypto';
import type { Plan, PlanIo } from '../../../src/families/family.ts';
import { checkLock, imageChoices, lockedRecipe, packagesOf } from '../../../src/families/locked.ts';
import type { Job } from '../../../src/job.ts';
import { type Lock, type LockContent, makeLock } from '../../../src/lock/lock.ts';
import type { Recipe } from '../../../src/recipe/recipe.ts';
import type { LoadedRecipe } from '../../../src/recipe/recipes.ts';
import { mirrorsOf, section } from './section.ts';

/** A line of the index; `needs` are names. */
interface Toy {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly needs: readonly string[];
}

export async function plan(job: Job, recipe: LoadedRecipe<Recipe>, io: PlanIo): Promise<Plan> {
  if (job.lock !== null) checkLock(job.lock, job, recipe);
  const lock = job.lock ?? (await resolve(job, recipe, io));
  return {
    lock,
    packages: packagesOf(lock),
    urlsOf: (path) => mirrorsOf(recipe).default.map((mirror) => `${mirror}/${path}`),
    seedFiles: [],
    warnings: [],
  };
}

export async function inputs(job: Job, recipe: LoadedRecipe<Recipe>, io: PlanIo): Promise<string> {
  return (await resolve(job, recipe, io)).inputsDigest;
}

async function resolve(job: Job, recipe: LoadedRecipe<Recipe>, { http }: PlanIo): Promise<Lock> {
  const [mirror] = mirrorsOf(recipe).default;
  const { body } = await http.fetch([`${mirror}/index.json`], { what: 'index.json', limit: 2 ** 20 });
  const index = JSON.parse(body.toString()) as readonly Toy[];
  const chosen = new Set(job.include);
  for (const name of chosen)
    for (const need of index.find((toy) => toy.name === name)!.needs) chosen.add(need);
  const arch = recipe.arches[0]!;
  const content: LockContent = {
    recipe: lockedRecipe(recipe, {}),
    family: { name: 'toy', options: {}, image: {} },
    ...{ arch, variant: job.variant, components: [], pathRules: [], checksOff: [], epoch: null },
    options: { include: job.include, exclude: [], scripts: job.scripts },
    image: { files: [], ...imageChoices(job) },
    indexes: [
      {
        ...{
          pocket: 'release',
          suite: recipe.suite,
          uri: mirror!,
          date: '2026-01-01T00:00:00Z',
          signedBy: null,
        },
        digest: createHash('sha256').update(body).digest('hex'),
      },
    ],
    packages: index
      .filter(({ name }) => chosen.has(name))
      .map(({ sha256, needs, ...toy }) => ({
        ...{ ...toy, arch, pocket: 'release', digest: `sha256:${sha256}` },
        reason: job.include.includes(toy.name) ? 'requested' : 'dependency',
      })),
  };
  return makeLock(content, section);
}
