import type { AptRecipe } from '../src/recipe/recipe.ts';
import { debian, endedPockets, settings } from './debian.ts';

export const bullseye: AptRecipe = {
  ...debian,
  suite: 'bullseye',
  release: '11',
  aliases: ['oldoldstable'],
  // LTS; the security team's own support ended on 2024-08-14.
  endOfLife: '2026-08-31',
  arches: ['amd64', 'arm64', 'armel', 'armhf', 'i386', 'mips64el', 'mipsel', 'ppc64el', 's390x'],
  pockets: endedPockets('bullseye'),
  keys: [
    'debian-bullseye-automatic.asc',
    'debian-bullseye-security-automatic.asc',
    'debian-bullseye-stable.asc',
    'debian-bookworm-automatic.asc',
    'debian-bookworm-security-automatic.asc',
  ],
  splitUsr: ['buildd'],
  image: { settings, sourcesStyle: 'one-line', signedBy: null, docker: { gzipOrder: false, pathRules: [] } },
};
