import type { AptRecipe, LastReleases, Pocket } from '../src/recipe/recipe.ts';
import { withLastReleases } from './last-releases.ts';

const ARCHIVE = 'http://ftp.debian.org/debian';
const SECURITY = 'http://security.debian.org/debian-security';
/** Where a suite goes some time after its end, in a tree for each of the two. */
const OLD_RELEASES = 'http://archive.debian.org';
/** The archive since 2005, and its security fixes in a tree beside it. */
const SNAPSHOTS = 'https://snapshot.debian.org/archive';
const ARCHIVE_SNAPSHOTS = `${SNAPSHOTS}/debian`;

/** What every Debian suite shares. */
export const debian = {
  distribution: 'debian',
  family: 'apt',
  components: ['main'],
  preferences: [],
  extra: {},
  withoutRequired: [],
  solver: 'apt',
  splitUsr: [],
  silenced: [],
} satisfies Partial<AptRecipe>;

/** A suite that is never released: no updates beside it, security fixes come as new versions. */
export function rollingPockets(codename: string): readonly Pocket[] {
  return [
    { name: 'release', suite: codename, mirrors: { default: [ARCHIVE] }, snapshots: ARCHIVE_SNAPSHOTS },
  ];
}

/** A released suite since bullseye, and the next one, whose updates and fixes begin before its release. */
export function releasedPockets(codename: string): readonly Pocket[] {
  return pocketsOn(codename, [ARCHIVE], [SECURITY]);
}

/** Those of a suite that has ended, with what its Releases were at last where that is known. */
export function endedPockets(codename: string, last: LastReleases = {}): readonly Pocket[] {
  const archive = [ARCHIVE, `${OLD_RELEASES}/debian`];
  return withLastReleases(pocketsOn(codename, archive, [SECURITY, `${OLD_RELEASES}/debian-security`]), last);
}

function pocketsOn(
  codename: string,
  archive: readonly string[],
  security: readonly string[],
): readonly Pocket[] {
  return [
    { name: 'release', suite: codename, mirrors: { default: archive }, snapshots: ARCHIVE_SNAPSHOTS },
    {
      name: 'updates',
      suite: `${codename}-updates`,
      mirrors: { default: archive },
      snapshots: ARCHIVE_SNAPSHOTS,
    },
    {
      name: 'security',
      suite: `${codename}-security`,
      mirrors: { default: security },
      snapshots: `${SNAPSHOTS}/debian-security`,
      sibling: { of: 'debian', is: 'debian-security' },
    },
  ];
}

/** `usr-is-merged` and not `usrmerge`, bookworm's first alternative. */
export const mergedAlready = {
  prefer: 'usr-is-merged',
  over: 'usrmerge',
  reason: 'the base is made with merged /usr: the converter, with perl and seven packages more, has no work',
} as const;

/** What Debian's official image is started with. */
export const settings = {
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  cmd: ['bash'],
};

/** What is written into the image of a suite since trixie. */
export const deb822Image: AptRecipe['image'] = {
  settings,
  sourcesStyle: 'deb822',
  signedBy: '/usr/share/keyrings/debian-archive-keyring.pgp',
  docker: { gzipOrder: false, pathRules: [] },
};
