import type { AptRecipe } from '../src/recipe/recipe.ts';
import { minimized, pockets, settings, ubuntu } from './ubuntu.ts';

export const jammy: AptRecipe = {
  ...ubuntu,
  suite: 'jammy',
  release: '22.04',
  aliases: [],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2027-06-01',
  arches: ['amd64', 'arm64', 'armhf', 'ppc64el', 'riscv64', 's390x'],
  pockets: pockets('jammy'),
  keys: ['ubuntu-archive-2018.asc'],
  image: {
    settings,
    sourcesStyle: 'one-line',
    signedBy: null,
    docker: { gzipOrder: false, pathRules: minimized },
  },
};
