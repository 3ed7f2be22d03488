import type { Family } from '../family.ts';
import { nameFault } from './choose/name-fault.ts';
import { section } from './lock-section.ts';
import { DATABASE_PATHS, readInstalled } from './package/installed.ts';
import { PLATFORMS } from './package/platforms.ts';
import { compareVersions } from './package/version.ts';
import { recipeOfLock } from './plan/recipe-of-lock.ts';
import { type ApkRecipe, VARIANTS } from './recipe.ts';
import { recipeForm } from './recipe-form.ts';
import { requestSection } from './request-section.ts';

/** Alpine, and all whose packages are .apk. */
export const apk: Family = {
  name: 'apk',
  distributions: 'Alpine and Wolfi',
  variants: VARIANTS,
  options: ['check-packages'],
  nameFault,
  knowsSplitUsr: () => false,
  // Components share their mirrors.
  repositoriesOf: (recipe) => {
    const { suite, mirrors } = recipe as ApkRecipe;
    return [{ name: 'release', suite, mirrors }];
  },
  platforms: PLATFORMS,
  purlType: 'apk',
  compareVersions,
  recipeForm,
  lock: section,
  request: requestSection,
  database: { paths: DATABASE_PATHS, read: readInstalled },
  ownArch: {
    path: 'etc/apk/arch',
    read: (text) => text.trim() || null,
    signs: ['etc/apk/arch', 'etc/alpine-release'],
  },
  planner: () => import('./plan/planner.ts'),
  installer: () => import('./install/install.ts'),
  reader: () => import('./package/apk-reader.ts'),
  // Packages are small: the thread that plans unpacks them, until there are more bytes.
  early: 0,
  scratch: async () => (await import('./plan/scratch.ts')).scratch,
  derive: null,
  recipeOfLock,
  readLists: null,
  hostPackages: null,
};
