import type { AptRecipe } from '../src/recipe/recipe.ts';
import { deb822Image, debian, releasedPockets } from './debian.ts';

export const trixie: AptRecipe = {
  ...debian,
  suite: 'trixie',
  release: '13',
  aliases: ['stable', 'latest'],
  // LTS; the security team's own support ends on 2028-08-09.
  endOfLife: '2030-06-30',
  arches: ['amd64', 'arm64', 'armel', 'armhf', 'i386', 'ppc64el', 'riscv64', 's390x'],
  pockets: releasedPockets('trixie'),
  keys: [
    'debian-trixie-automatic.asc',
    'debian-trixie-security-automatic.asc',
    'debian-trixie-stable.asc',
    'debian-bookworm-automatic.asc',
    'debian-bookworm-security-automatic.asc',
  ],
  withoutRequired: ['buildd'],
  image: deb822Image,
};
