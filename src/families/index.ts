/** The only list of families. Their modules are loaded when they are needed: no build needs two. */
import type { Job } from '../job.ts';
import type { ApkRecipe, AptRecipe, Family, Recipe } from '../recipe/recipe.ts';
import type { LoadedRecipe } from '../recipe/recipes.ts';
import type { Installer, Plan, PlanIo, Planner } from './family.ts';

const planners: {
  readonly apt: () => Promise<Planner<AptRecipe>>;
  readonly apk: () => Promise<Planner<ApkRecipe>>;
} = {
  apt: () => import('./apt/plan/planner.ts'),
  apk: () => import('./apk/plan/planner.ts'),
};

/** See {@link Planner.plan}. */
export async function planFor(job: Job, recipe: LoadedRecipe<Recipe>, io: PlanIo): Promise<Plan> {
  switch (recipe.family) {
    case 'apt':
      return (await planners.apt()).plan(job, recipe, io);
    case 'apk':
      return (await planners.apk()).plan(job, recipe, io);
  }
}

/** See {@link Planner.inputs}. */
export async function inputsFor(job: Job, recipe: LoadedRecipe<Recipe>, io: PlanIo): Promise<string> {
  switch (recipe.family) {
    case 'apt':
      return (await planners.apt()).inputs(job, recipe, io);
    case 'apk':
      return (await planners.apk()).inputs(job, recipe, io);
  }
}

interface Staging {
  readonly installer: () => Promise<Installer>;
  /** Address of the module that opens its packages: unpacking workers load it. */
  readonly reader: string;
  /** Unpacking threads to start before its packages are known; more are started as there are more bytes. */
  readonly early: number;
}

const moduleAt = (path: string) => new URL(path, import.meta.url).href;

export const staging: Readonly<Record<Family, Staging>> = {
  apt: {
    installer: () => import('./apt/install/install.ts'),
    reader: moduleAt('apt/package/deb-reader.js'),
    early: Infinity,
  },
  apk: {
    installer: () => import('./apk/install/install.ts'),
    reader: moduleAt('apk/package/apk-reader.js'),
    early: 0,
  },
};
