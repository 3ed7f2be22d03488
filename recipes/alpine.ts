import type { ApkRecipe } from '../src/recipe/recipe.ts';

const key = (id: string) => `alpine-devel@lists.alpinelinux.org-${id}.rsa.pub`;

/** What alpine-keys trusts for each architecture; it has none for loongarch64 yet. */
const keys = {
  aarch64: [key('58199dcc'), key('616ae350')],
  armhf: [key('524d27bb'), key('616a9724')],
  armv7: [key('524d27bb'), key('616adfeb')],
  mips64: [key('5e69ca50')],
  ppc64le: [key('58cbb476'), key('616abc23')],
  riscv64: [key('60ac2099'), key('616db30d')],
  s390x: [key('58e4f17d'), key('616ac3bc')],
  x86: [key('4a6a0840'), key('5243ef4b'), key('61666e3f')],
  x86_64: [key('4a6a0840'), key('5261cecb'), key('6165ee59')],
};

const ARCHES = ['aarch64', 'armhf', 'armv7', 'ppc64le', 's390x', 'x86', 'x86_64'];

/** What Alpine's own mkimg.minirootfs installs. */
const MINIROOTFS = ['alpine-baselayout', 'alpine-keys', 'apk-tools', 'busybox', 'libc-utils'];

const settings = {
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  cmd: ['/bin/sh'],
};

interface BranchFacts {
  /** Of the ports that came and went. */
  readonly more?: readonly string[];
  readonly aliases?: readonly string[];
  readonly rootPassword?: '*' | '!';
  /** alpine-release is of the official image's world since 3.21. */
  readonly releaseFiles?: 'alpine-base' | 'alpine-release';
  /** Since 3.23. */
  readonly apkTools?: ApkRecipe['image']['apkTools'];
}

function branch(release: string, endOfLife: string, facts: BranchFacts): ApkRecipe {
  return recipe(`v${release}`, { ...facts, release, endOfLife });
}

interface RecipeFacts extends BranchFacts, Pick<ApkRecipe, 'release' | 'endOfLife'> {}

function recipe(
  suite: string,
  {
    release,
    endOfLife,
    more = [],
    aliases = [],
    rootPassword = '*',
    releaseFiles,
    apkTools = 2,
  }: RecipeFacts,
): ApkRecipe {
  return {
    distribution: 'alpine',
    family: 'apk',
    ...{ suite, release, aliases, endOfLife, keys },
    arches: [...ARCHES, ...more].sort(),
    components: ['main', 'community'],
    branch: suite,
    mirrors: { default: ['https://dl-cdn.alpinelinux.org/alpine'] },
    signsWithSha1: true,
    worlds: {
      minirootfs: releaseFiles === undefined ? [...MINIROOTFS, 'alpine-release'].sort() : MINIROOTFS,
      base: ['alpine-base'],
      empty: [],
    },
    image: { settings, rootPassword, releaseFiles: releaseFiles ?? null, apkTools },
  };
}

const withMips = { more: ['mips64'], releaseFiles: 'alpine-base' } as const;
const withRiscv = ['riscv64'];
const withLoongarch = ['loongarch64', 'riscv64'];

/** From the oldest that containers still name; the release notes have the ports, and releases/ the ends. */
export const alpine: readonly ApkRecipe[] = [
  branch('3.10', '2021-05-01', { releaseFiles: 'alpine-base', rootPassword: '!' }),
  branch('3.11', '2021-11-01', { releaseFiles: 'alpine-base', rootPassword: '!' }),
  branch('3.12', '2022-05-01', withMips),
  branch('3.13', '2022-11-01', withMips),
  branch('3.14', '2023-05-01', withMips),
  branch('3.15', '2023-11-01', { releaseFiles: 'alpine-base' }),
  branch('3.16', '2024-05-23', { releaseFiles: 'alpine-base' }),
  branch('3.17', '2024-11-22', { releaseFiles: 'alpine-release' }),
  branch('3.18', '2025-05-09', { releaseFiles: 'alpine-release' }),
  branch('3.19', '2025-11-01', { releaseFiles: 'alpine-release' }),
  branch('3.20', '2026-04-01', { releaseFiles: 'alpine-release', more: withRiscv }),
  branch('3.21', '2026-11-01', { more: withLoongarch }),
  branch('3.22', '2027-05-01', { more: withLoongarch }),
  branch('3.23', '2027-11-01', { more: withLoongarch, apkTools: 3 }),
  branch('3.24', '2028-06-01', {
    more: withLoongarch,
    apkTools: 3,
    aliases: ['latest-stable', 'latest', '3'],
  }),
  recipe('edge', { release: null, endOfLife: null, more: withLoongarch, apkTools: 3 }),
];
