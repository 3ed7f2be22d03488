import type { AptRecipe } from '../src/recipe/recipe.ts';
import { deb822Image, debian, releasedPockets } from './debian.ts';

export const forky: AptRecipe = {
  ...debian,
  suite: 'forky',
  release: '14',
  aliases: ['testing'],
  endOfLife: null,
  arches: ['amd64', 'arm64', 'armhf', 'i386', 'loong64', 'ppc64el', 'riscv64', 's390x'],
  pockets: releasedPockets('forky'),
  keys: [
    'debian-trixie-automatic.asc',
    'debian-trixie-security-automatic.asc',
    'debian-bookworm-automatic.asc',
    'debian-bookworm-security-automatic.asc',
  ],
  withoutRequired: ['buildd'],
  solver: '3',
  image: deb822Image,
};
