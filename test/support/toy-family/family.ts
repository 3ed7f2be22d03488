/** A family of packages that are plain tars, listed by a JSON file: as small as one can be, for the tests. */
import type { Family } from '../../../src/families/family.ts';
import { recipeForm } from './recipe-form.ts';
import { mirrorsOf, section } from './section.ts';

export const toy: Family = {
  name: 'toy',
  distributions: 'Toyland',
  variants: ['all'],
  options: [],
  nameFault: (_, entry) => (/^[a-z]+$/.test(entry) ? null : 'name packages in small letters'),
  knowsSplitUsr: () => false,
  repositoriesOf: (recipe) => [{ name: 'release', suite: recipe.suite, mirrors: mirrorsOf(recipe) }],
  recipeForm,
  lock: section,
  request: {
    schema: { type: 'object', additionalProperties: false, properties: {} },
    write: () => ({}),
    read: () => ({}),
  },
  platforms: {},
  purlType: 'generic',
  compareVersions: (a, b) => Number(a) - Number(b),
  database: {
    paths: /^var\/lib\/toy\.json$/,
    read: (text) => JSON.parse(text),
  },
  ownArch: { path: 'var/lib/toy.arch', read: (text) => text, signs: ['var/lib/toy.json'] },
  planner: () => import('./plan.ts'),
  installer: () => import('./install.ts'),
  reader: () => import('./reader.ts'),
  early: 1,
  scratch: async () => {
    throw new Error('no scratch images are made of toys');
  },
  derive: null,
  recipeOfLock: null,
  readLists: null,
  hostPackages: null,
};
