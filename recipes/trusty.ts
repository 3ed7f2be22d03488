import type { AptRecipe } from '../src/recipe/recipe.ts';
import { endedPockets, everyVariant, settings, ubuntu } from './ubuntu.ts';

export const trusty: AptRecipe = {
  ...ubuntu,
  suite: 'trusty',
  release: '14.04',
  aliases: [],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2019-04-25',
  arches: ['amd64', 'arm64', 'armhf', 'i386', 'powerpc', 'ppc64el'],
  pockets: endedPockets('trusty', {
    // Of 2014-05-08, and of 2020-05-29 both.
    release: 'a2a3d216e0febfdf641df476a2d82c592087e5141151b0b46237829eab7176a0',
    updates: '1069cb3e174a336416113c274ac3481f98bc8952712b53315f5c685e9463df12',
    security: '5191cbf2ad89c8d520552e5c3de53ca5577bb9dfdc0ad603a955c1f3a71be285',
  }),
  keys: ['ubuntu-archive-2012.asc'],
  splitUsr: everyVariant,
  // upstart's: scripts would talk to the host's.
  silenced: ['/sbin/initctl'],
  image: {
    settings,
    sourcesStyle: 'one-line',
    signedBy: null,
    keyrings: '/etc/apt/trusted.gpg.d',
    docker: { gzipOrder: true, pathRules: [] },
  },
};
