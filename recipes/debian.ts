import type { Pocket, Recipe } from '../src/recipe.ts';

const archive = { default: ['http://ftp.debian.org/debian'] };
const security = { default: ['http://security.debian.org/debian-security'] };
/** Where a suite goes some time after its end. */
const historic = {
  archive: { default: [...archive.default, 'http://archive.debian.org/debian'] },
  security: { default: [...security.default, 'http://archive.debian.org/debian-security'] },
};

/** What every Debian suite shares. */
export const debian = {
  distribution: 'debian',
  family: 'apt',
  components: ['main'],
  preferences: [],
  extra: {},
  splitUsr: [],
  silenced: [],
} satisfies Partial<Recipe>;

/** A suite that is in development: no updates beside it, security fixes come as new versions. */
export function rollingPockets(codename: string): readonly Pocket[] {
  return [{ name: 'release', suite: codename, mirrors: archive }];
}

/** A released suite, since bullseye; `ended` where it is on its way to the archive of the past. */
export function releasedPockets(codename: string, ended?: 'ended'): readonly Pocket[] {
  const mirrors = ended === undefined ? { archive, security } : historic;
  return [
    { name: 'release', suite: codename, mirrors: mirrors.archive },
    { name: 'updates', suite: `${codename}-updates`, mirrors: mirrors.archive },
    {
      name: 'security',
      suite: `${codename}-security`,
      mirrors: mirrors.security,
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
