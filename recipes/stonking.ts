import type { AptRecipe } from '../src/recipe/recipe.ts';
import { minimized, pockets, settings, ubuntu } from './ubuntu.ts';

export const stonking: AptRecipe = {
  ...ubuntu,
  suite: 'stonking',
  release: '26.10',
  aliases: ['rolling'],
  endOfLife: '2027-07-15',
  arches: ['amd64', 'arm64', 'armhf', 'ppc64el', 'riscv64', 's390x'],
  pockets: pockets('stonking'),
  solver: '3',
  keys: ['ubuntu-archive-2018.asc'],
  image: {
    settings,
    sourcesStyle: 'deb822',
    signedBy: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    docker: { gzipOrder: false, pathRules: minimized },
  },
};
