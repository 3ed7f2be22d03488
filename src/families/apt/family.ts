import type { Recipe } from '../../recipe/recipe.ts';
import type { Family } from '../family.ts';
import { nameFault } from './choose/name-fault.ts';
import { section } from './lock-section.ts';
import { archOfDpkg, DATABASE_PATHS, readInstalled, STATUS } from './package/installed.ts';
import { compareVersions } from './package/version.ts';
import { recipeOfLock } from './plan/recipe-of-lock.ts';
import { type AptRecipe, VARIANTS } from './recipe.ts';
import { recipeForm } from './recipe-form.ts';
import { requestSection } from './request-section.ts';

/** Debian, and all whose packages are .deb and whose archives are apt's. */
export const apt: Family = {
  name: 'apt',
  distributions: 'Debian and Ubuntu',
  variants: VARIANTS,
  options: [
    'resolve-deps',
    'merged-usr',
    'no-merged-usr',
    'recommends',
    'solver',
    'no-preferences',
    'debconf-selections',
    'docker-settings',
    'status-d',
    'pockets',
    'pin',
    'snapshot',
  ],
  nameFault,
  knowsSplitUsr: (recipe) => aptRecipe(recipe).splitUsr.length > 0,
  repositoriesOf: (recipe) => aptRecipe(recipe).pockets,
  platforms: {},
  purlType: 'deb',
  compareVersions,
  recipeForm,
  lock: section,
  request: requestSection,
  database: { paths: DATABASE_PATHS, read: readInstalled },
  ownArch: { path: STATUS, read: archOfDpkg, signs: [STATUS] },
  planner: () => import('./plan/planner.ts'),
  installer: () => import('./install/install.ts'),
  reader: () => import('./package/deb-reader.ts'),
  early: Infinity,
  scratch: async () => (await import('./plan/scratch.ts')).scratch,
  derive: async (...call) => (await import('./plan/derive.ts')).deriveRecipe(...call),
  recipeOfLock,
  readLists: async (...call) => (await import('./plan/lists.ts')).readLists(...call),
  hostPackages: {
    database: STATUS,
    pack: async (request) => (await import('./plan/host-packages.ts')).packHost(request),
  },
};

function aptRecipe(recipe: Recipe): AptRecipe {
  return recipe as AptRecipe;
}
