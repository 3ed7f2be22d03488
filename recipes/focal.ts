import type { AptRecipe } from '../src/recipe/recipe.ts';
import { endedPockets, minimized, settings, ubuntu } from './ubuntu.ts';

export const focal: AptRecipe = {
  ...ubuntu,
  suite: 'focal',
  release: '20.04',
  aliases: [],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2025-05-29',
  arches: ['amd64', 'arm64', 'armhf', 'ppc64el', 'riscv64', 's390x'],
  pockets: endedPockets('focal'),
  keys: ['ubuntu-archive-2012.asc', 'ubuntu-archive-2018.asc'],
  image: {
    settings,
    sourcesStyle: 'one-line',
    signedBy: null,
    docker: { gzipOrder: false, pathRules: minimized },
  },
};
