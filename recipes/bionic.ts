import type { AptRecipe } from '../src/recipe/recipe.ts';
import { endedPockets, everyVariant, minimized, settings, ubuntu } from './ubuntu.ts';

export const bionic: AptRecipe = {
  ...ubuntu,
  suite: 'bionic',
  release: '18.04',
  aliases: [],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2023-05-31',
  arches: ['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 's390x'],
  pockets: endedPockets('bionic'),
  keys: ['ubuntu-archive-2012.asc', 'ubuntu-archive-2018.asc'],
  splitUsr: everyVariant,
  image: {
    settings,
    sourcesStyle: 'one-line',
    signedBy: null,
    docker: { gzipOrder: false, pathRules: minimized },
  },
};
