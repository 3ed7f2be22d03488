import type { Mirrors, Pocket, Recipe } from '../src/recipe.ts';

/** amd64 and i386 have the main archive; all others are ports, on mirrors of their own. */
function byArchitecture(archive: readonly string[]): Mirrors {
  return { default: ['http://ports.ubuntu.com/ubuntu-ports'], amd64: archive, i386: archive };
}

const OLD_RELEASES = 'http://old-releases.ubuntu.com/ubuntu';
const archive = byArchitecture(['http://archive.ubuntu.com/ubuntu', OLD_RELEASES]);
const security = byArchitecture([
  'http://security.ubuntu.com/ubuntu',
  'http://archive.ubuntu.com/ubuntu',
  OLD_RELEASES,
]);

/** What every Ubuntu suite shares. Its `required` marks libraries, too, but not apt. */
export const ubuntu = {
  distribution: 'ubuntu',
  family: 'apt',
  components: ['main'],
  preferences: [],
  extra: { minbase: ['apt'], buildd: ['apt'], important: ['apt'], standard: ['apt'] },
  splitUsr: [],
  silenced: [],
} satisfies Partial<Recipe>;

export function pockets(codename: string): readonly Pocket[] {
  return [
    { name: 'release', suite: codename, mirrors: archive },
    { name: 'updates', suite: `${codename}-updates`, mirrors: archive },
    { name: 'security', suite: `${codename}-security`, mirrors: security },
  ];
}

/** Of the variants that there are: /usr was merged in disco, 19.04. */
export const everyVariant = [
  'essential',
  'apt',
  'minbase',
  'buildd',
  'important',
  'standard',
  'custom',
] as const;

/** What Ubuntu's images since bionic leave out: `/etc/dpkg/dpkg.cfg.d/excludes`. */
export const minimized = [
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-include=/usr/share/doc/*/changelog.Debian.*',
] as const;

/** What Ubuntu's official image is started with. */
export const settings = {
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  cmd: ['/bin/bash'],
};
