import type { Recipe } from '../src/recipe.ts';
import { everyVariant, pockets, settings, ubuntu } from './ubuntu.ts';

export const trusty: Recipe = {
  ...ubuntu,
  suite: 'trusty',
  release: '14.04',
  aliases: [],
  // Standard support: Ubuntu Pro goes on.
  endOfLife: '2019-04-25',
  arches: ['amd64', 'arm64', 'armhf', 'i386', 'powerpc', 'ppc64el'],
  pockets: pockets('trusty'),
  keys: ['ubuntu-archive-2012.asc'],
  splitUsr: everyVariant,
  // upstart's: scripts would talk to the host's.
  silenced: ['/sbin/initctl'],
  image: { settings, sourcesStyle: 'one-line', signedBy: null, docker: { gzipOrder: true, pathRules: [] } },
};
