import type { AptRecipe } from '../src/recipe/recipe.ts';
import { endedPockets, everyVariant, settings, ubuntu } from './ubuntu.ts';

export const xenial: AptRecipe = {
  ...ubuntu,
  suite: 'xenial',
  release: '16.04',
  aliases: [],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2021-04-30',
  arches: ['amd64', 'arm64', 'armhf', 'i386', 'powerpc', 'ppc64el', 's390x'],
  pockets: endedPockets('xenial'),
  keys: ['ubuntu-archive-2012.asc', 'ubuntu-archive-2018.asc'],
  splitUsr: everyVariant,
  image: { settings, sourcesStyle: 'one-line', signedBy: null, docker: { gzipOrder: false, pathRules: [] } },
};
