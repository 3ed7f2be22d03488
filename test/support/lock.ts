import type { Lock } from '../../src/lock/lock.ts';

/** The lock of a Debian base without any options. */
const APT_OPTIONS = {
  recommends: false,
  solver: 'apt',
  preferences: true,
  debconfSelections: null,
  pins: [],
  snapshot: null,
  local: [],
} as const;

export const APT_FAMILY = {
  name: 'apt',
  options: APT_OPTIONS,
  image: { mergedUsr: true, silenced: [], dockerSettings: false },
};

/** A lock of two packages, as a build would write it. */
export function lockOf(change: Partial<Lock> = {}): Lock {
  const file = {
    arch: 'amd64',
    pocket: 'release',
    digest: `sha256:${'0'.repeat(64)}`,
    reason: 'requested',
  } as const;
  return {
    version: 2,
    recipe: {
      ...{ name: 'debian:bookworm', distribution: 'debian', suite: 'bookworm', release: '12' },
      digest: '1'.repeat(64),
    },
    arch: 'amd64',
    variant: 'minbase',
    components: ['main'],
    options: {
      include: [],
      exclude: [],
      scripts: 'run',
    },
    pathRules: [],
    image: {
      files: [],
      accounts: [],
      additions: null,
      keepSecrets: false,
      settings: {},
      annotations: {},
      created: null,
    },
    family: APT_FAMILY,
    indexes: [
      {
        ...{ pocket: 'release', suite: 'bookworm', uri: 'http://ftp.debian.org/debian' },
        ...{ digest: '4'.repeat(64), date: '2024-01-01T00:00:00Z', signedBy: null },
      },
    ],
    checksOff: [],
    packages: [
      {
        name: 'hello',
        version: '2.10-3',
        path: 'pool/main/h/hello/hello_2.10-3_amd64.deb',
        size: 53_000,
        ...file,
      },
      {
        name: 'libc6',
        version: '2.36-9',
        path: 'pool/main/g/glibc/libc6_2.36-9_amd64.deb',
        size: 2_757_000,
        ...file,
      },
    ],
    epoch: 1_700_000_000,
    inputsDigest: '2'.repeat(64),
    lockDigest: '3'.repeat(64),
    ...change,
  };
}
