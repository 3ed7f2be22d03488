/** The Debian jobs of `npm run bench`: each by mkbase first, then by the tool that people use for it today. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Job, MKBASE, type Places, run, type Tool } from './bench-job.ts';
import { startRegistry } from './registry.ts';

/** The hook and the package give mmdebstrap the 88 packages that the others install. */
export const BOOKWORM = [
  '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr',
  '--include=usr-is-merged',
] as const;

export const DEBIAN_JOBS: readonly Job[] = [
  {
    name: 'bookworm',
    about: 'bookworm minbase, configured, into a directory',
    tools: [mkbase('bookworm'), mmdebstrap('bookworm', BOOKWORM), debootstrap('bookworm')],
  },
  {
    name: 'trixie',
    about: 'trixie minbase, configured, into a directory',
    tools: [mkbase('trixie'), mmdebstrap('trixie', []), debootstrap('trixie')],
  },
  {
    name: 'image',
    about: 'bookworm as an OCI image, unpacked only, beside a configured tar',
    tools: [
      mkbase('bookworm', { as: (target) => `oci:${target}`, options: ['--scripts=skip'] }),
      mmdebstrap('bookworm', BOOKWORM, '.tar'),
    ],
  },
  {
    name: 'disk',
    about: 'bookworm minbase into a directory, forced to the disk and not',
    tools: [
      mkbase('bookworm'),
      { ...mkbase('bookworm', { options: ['--no-fsync'] }), name: 'mkbase --no-fsync' },
    ],
  },
  {
    name: 'seal',
    about: 'a bookworm tree as a layer, beside `tar c | gzip -6`',
    async prepare({ mirror, shared }) {
      const cache = join(shared, 'cache');
      await run(mkbase('bookworm').command({ mirror, shared, target: join(shared, 'tree'), cache }));
      return () => {};
    },
    tools: [
      {
        name: 'mkbase',
        command: ({ shared, target }) => [
          ...MKBASE,
          ...['import', join(shared, 'tree'), `oci:${target}`, '--quiet'],
        ],
      },
      {
        name: 'tar, gzip',
        command: ({ shared, target }) => [
          ...['sh', '-c', 'tar -C "$0" --sort=name --numeric-owner -c . | gzip -6 >"$1"'],
          ...[join(shared, 'tree'), `${target}.tar.gz`],
        ],
      },
    ],
  },
  {
    name: 'refresh',
    about: 'a fresh image in a registry looked at again, beside making it',
    needs: 'docker-registry',
    async prepare({ mirror, shared }) {
      const registry = await startRegistry(join(shared, 'registry'));
      const image = `{ suite: bookworm, repository: "${registry.host}/bench", scripts: skip }`;
      await writeFile(join(shared, 'images.yaml'), `images:\n  bookworm: ${image}\n`);
      await run(refresh({ mirror, shared })).catch((error: unknown) => {
        registry.stop();
        throw error;
      });
      return registry.stop;
    },
    tools: [{ name: 'mkbase', command: refresh }, mmdebstrap('bookworm', BOOKWORM, '.tar')],
  },
  {
    name: 'help',
    about: '`mkbase --help`',
    tools: [{ name: 'mkbase', command: () => [...MKBASE, '--help'] }],
  },
];

interface Making {
  readonly as?: (target: string) => string;
  readonly options?: readonly string[];
}

export function mkbase(suite: string, { as = (target) => target, options = [] }: Making = {}): Tool {
  return {
    name: 'mkbase',
    command: ({ mirror, target, cache }) => [
      ...[...MKBASE, suite, as(target), `${mirror}/debian`],
      ...[`--cache-dir=${cache}`, '--quiet', ...options],
    ],
  };
}

function refresh({ mirror, shared }: Pick<Places, 'mirror' | 'shared'>): readonly string[] {
  const file = join(shared, 'images.yaml');
  const cache = `--cache-dir=${join(shared, 'cache')}`;
  return [...MKBASE, 'refresh', file, `--mirror=${mirror}/debian`, cache, '--plain-http', '--quiet'];
}

export function mmdebstrap(suite: string, options: readonly string[], ending = ''): Tool {
  return {
    name: 'mmdebstrap',
    needs: 'mmdebstrap',
    command: ({ mirror, target }) => [
      ...['mmdebstrap', '--quiet', '--variant=minbase', '--dpkgopt=force-unsafe-io', ...options],
      ...[suite, `${target}${ending}`],
      `deb ${mirror}/debian ${suite} main`,
      `deb ${mirror}/debian ${suite}-updates main`,
      `deb ${mirror}/debian-security ${suite}-security main`,
    ],
  };
}

function debootstrap(suite: string): Tool {
  return {
    name: 'debootstrap',
    needs: 'debootstrap',
    command: ({ mirror, target }) => ['debootstrap', '--variant=minbase', suite, target, `${mirror}/debian`],
  };
}
