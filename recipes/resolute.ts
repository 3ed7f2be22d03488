import type { AptRecipe } from '../src/recipe/recipe.ts';
import { minimized, pockets, settings, ubuntu } from './ubuntu.ts';

export const resolute: AptRecipe = {
  ...ubuntu,
  suite: 'resolute',
  release: '26.04',
  aliases: ['lts', 'latest'],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2031-05-29',
  arches: ['amd64', 'arm64', 'armhf', 'ppc64el', 'riscv64', 's390x'],
  pockets: pockets('resolute'),
  solver: '3',
  keys: ['ubuntu-archive-2018.asc'],
  image: {
    settings,
    sourcesStyle: 'deb822',
    signedBy: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    docker: { gzipOrder: false, pathRules: minimized },
  },
};
