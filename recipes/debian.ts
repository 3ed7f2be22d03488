import type { Pocket, Recipe } from '../src/recipe.ts';

const archive = { default: ['http://ftp.debian.org/debian'] };
const security = { default: ['http://security.debian.org/debian-security'] };

/** What every Debian suite shares. */
export const debian = {
  distribution: 'debian',
  family: 'apt',
  components: ['main'],
  preferences: [],
  extra: {},
  splitUsr: [],
} satisfies Partial<Recipe>;

/** A suite that is in development: no updates beside it, security fixes come as new versions. */
export function rollingPockets(codename: string): readonly Pocket[] {
  return [{ name: 'release', suite: codename, mirrors: archive }];
}

/** A released suite, since bullseye. */
export function releasedPockets(codename: string): readonly Pocket[] {
  return [
    { name: 'release', suite: codename, mirrors: archive },
    { name: 'updates', suite: `${codename}-updates`, mirrors: archive },
    {
      name: 'security',
      suite: `${codename}-security`,
      mirrors: security,
      sibling: { of: 'debian', is: 'debian-security' },
    },
  ];
}
