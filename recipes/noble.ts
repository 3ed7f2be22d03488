import type { AptRecipe } from '../src/recipe/recipe.ts';
import { minimized, pockets, settings, ubuntu } from './ubuntu.ts';

export const noble: AptRecipe = {
  ...ubuntu,
  suite: 'noble',
  release: '24.04',
  aliases: [],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2029-05-31',
  arches: ['amd64', 'arm64', 'armhf', 'ppc64el', 'riscv64', 's390x'],
  pockets: pockets('noble'),
  keys: ['ubuntu-archive-2018.asc'],
  image: {
    settings,
    sourcesStyle: 'deb822',
    signedBy: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    docker: { gzipOrder: false, pathRules: minimized },
  },
};
