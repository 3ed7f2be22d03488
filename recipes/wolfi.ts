import type { ApkRecipe } from '../src/recipe/recipe.ts';

/** A distribution for containers that has no releases. Its key is not at hand here: it takes `--keyring`. */
export const wolfi: ApkRecipe = {
  distribution: 'wolfi',
  family: 'apk',
  suite: 'os',
  release: null,
  aliases: ['latest'],
  endOfLife: null,
  arches: ['aarch64', 'x86_64'],
  components: ['os'],
  branch: '',
  mirrors: { default: ['https://packages.wolfi.dev'] },
  keys: {},
  signsWithSha1: false,
  worlds: { minirootfs: ['wolfi-base'], base: ['wolfi-base'], empty: [] },
  image: {
    settings: {
      env: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
      ],
      cmd: ['/bin/sh', '-l'],
    },
    rootPassword: '*',
    releaseFiles: null,
    apkTools: 3,
  },
};
