import type { AptRecipe } from '../src/recipe/recipe.ts';
import { deb822Image, debian, rollingPockets } from './debian.ts';

export const sid: AptRecipe = {
  ...debian,
  suite: 'sid',
  release: null,
  aliases: ['unstable'],
  endOfLife: null,
  arches: ['amd64', 'arm64', 'armhf', 'i386', 'loong64', 'ppc64el', 'riscv64', 's390x'],
  pockets: rollingPockets('sid'),
  keys: ['debian-trixie-automatic.asc', 'debian-bookworm-automatic.asc'],
  withoutRequired: ['buildd'],
  solver: '3',
  image: deb822Image,
};
