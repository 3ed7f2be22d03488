import type { AptRecipe } from '../src/recipe/recipe.ts';
import { debian, mergedAlready, releasedPockets, settings } from './debian.ts';

export const bookworm: AptRecipe = {
  ...debian,
  suite: 'bookworm',
  release: '12',
  aliases: ['oldstable'],
  // LTS; the security team's own support ended on 2026-06-10.
  endOfLife: '2028-06-30',
  arches: ['amd64', 'arm64', 'armel', 'armhf', 'i386', 'mips64el', 'mipsel', 'ppc64el', 's390x'],
  pockets: releasedPockets('bookworm'),
  // The archive signs with the current and the previous release's key, and trixie's is the current one.
  keys: [
    'debian-bookworm-automatic.asc',
    'debian-bookworm-security-automatic.asc',
    'debian-bookworm-stable.asc',
    'debian-trixie-automatic.asc',
  ],
  preferences: [mergedAlready],
  image: {
    settings,
    sourcesStyle: 'deb822',
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
    docker: { gzipOrder: false, pathRules: [] },
  },
};
