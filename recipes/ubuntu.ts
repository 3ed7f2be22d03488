import type { AptRecipe, LastReleases, Mirrors, Pocket } from '../src/recipe/recipe.ts';
import { withLastReleases } from './last-releases.ts';

const ARCHIVE = 'http://archive.ubuntu.com/ubuntu';
const SECURITY = 'http://security.ubuntu.com/ubuntu';
const PORTS = 'http://ports.ubuntu.com/ubuntu-ports';
/** Where a suite goes some time after its end, with all its architectures. */
const OLD_RELEASES = 'http://old-releases.ubuntu.com/ubuntu';

/** Of all architectures, since 2023-03-01. */
const SNAPSHOTS = 'https://snapshot.ubuntu.com/ubuntu';

/** What every Ubuntu suite shares. Its `required` marks libraries, too, but not apt. */
export const ubuntu = {
  distribution: 'ubuntu',
  family: 'apt',
  components: ['main'],
  preferences: [],
  extra: { minbase: ['apt'], buildd: ['apt'], important: ['apt'], standard: ['apt'] },
  withoutRequired: [],
  solver: 'apt',
  splitUsr: [],
  silenced: [],
} satisfies Partial<AptRecipe>;

/** Backports are no pocket of it: as in Ubuntu's own images nothing comes from there unless asked for. */
export function pockets(codename: string): readonly Pocket[] {
  return pocketsOn(codename, []);
}

/** Those of a suite that has ended, with what its Releases were at last where that is known. */
export function endedPockets(codename: string, last: LastReleases = {}): readonly Pocket[] {
  return withLastReleases(pocketsOn(codename, [OLD_RELEASES]), last);
}

function pocketsOn(codename: string, later: readonly string[]): readonly Pocket[] {
  const archive = byArchitecture([ARCHIVE, ...later], [PORTS, ...later]);
  const security = byArchitecture([SECURITY, ARCHIVE, ...later], [PORTS, ...later]);
  return [
    { name: 'release', suite: codename, mirrors: archive, snapshots: SNAPSHOTS },
    { name: 'updates', suite: `${codename}-updates`, mirrors: archive, snapshots: SNAPSHOTS },
    { name: 'security', suite: `${codename}-security`, mirrors: security, snapshots: SNAPSHOTS },
  ];
}

/** amd64 and i386 have the main archive; all others are ports, on mirrors of their own. */
function byArchitecture(main: readonly string[], ports: readonly string[]): Mirrors {
  return { default: ports, amd64: main, i386: main };
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
