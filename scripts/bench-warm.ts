/** The jobs of `npm run bench -- warm`: work that mkbase has done before, beside the tool that does it anew. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildElf } from '../test/support/elf.ts';
import { BOOKWORM, mkbase, mmdebstrap } from './bench-debian.ts';
import { type Job, MKBASE, type Places, run, type Tool } from './bench-job.ts';
import { startRegistry } from './registry.ts';

const AGAIN = ['--no-cache-results'];
const ADDED = ['curl', 'python3', 'nginx', 'openssh-server', 'git'];

/** A start of Node itself, below which no job can come. */
const NODE: Tool = { name: '`node -e 0`', command: () => [process.execPath, '-e', '0'] };

export const WARM_JOBS: readonly Job[] = [
  {
    name: 'warm',
    about: 'bookworm minbase again, from its checkpoint, into a tar',
    warm: true,
    prepare: keepBase,
    tools: [again(), mmdebstrap('bookworm', BOOKWORM, '.tar')],
  },
  ...ADDED.map(
    (name): Job => ({
      name: `warm-${name}`,
      about: `the same with ${name}`,
      warm: true,
      prepare: keepBase,
      tools: [again(`--include=${name}`), mmdebstrap('bookworm', [...BOOKWORM, `--include=${name}`], '.tar')],
    }),
  ),
  {
    name: 'warm-lock',
    about: 'the same lock again, into a tar',
    warm: true,
    prepare: keepBase,
    tools: [
      {
        name: 'mkbase',
        command: ({ mirror, shared, target, cache }) => [
          ...[...MKBASE, 'bookworm', `${target}.tar`, `${mirror}/debian`, `--cache-dir=${cache}`],
          ...[`--lock=${join(shared, 'base.lock.json')}`, '--quiet'],
        ],
      },
      mmdebstrap('bookworm', BOOKWORM, '.tar'),
    ],
  },
  {
    name: 'warm-ten',
    about: 'ten images of one suite in one refresh, from an empty cache, beside one of them',
    needs: 'docker-registry',
    async prepare({ shared }) {
      const registry = await startRegistry(join(shared, 'registry'));
      const names = [...ADDED, 'jq', 'rsync', 'less', 'zip', 'socat'];
      const image = (name: string) =>
        `  ${name}: { suite: bookworm, repository: "${registry.host}/{run}/${name}", include: [${name}] }\n`;
      await writeFile(join(shared, 'ten.txt'), names.map(image).join(''));
      await writeFile(join(shared, 'one.txt'), image('curl'));
      return registry.stop;
    },
    tools: [refreshed('ten'), refreshed('one')],
  },
  {
    name: 'warm-plan',
    about: '`mkbase bookworm --simulate`',
    warm: true,
    prepare: keepBase,
    tools: [
      {
        name: 'mkbase',
        command: ({ mirror, cache }) => [
          ...[
            ...MKBASE,
            'bookworm',
            'base',
            `${mirror}/debian`,
            `--cache-dir=${cache}`,
            '--simulate',
            '--quiet',
          ],
        ],
      },
      NODE,
    ],
  },
  {
    name: 'warm-scratch',
    about: 'scratch of a program of 2 MB with certificates and time zones',
    warm: true,
    async prepare({ mirror, shared }) {
      await writeFile(join(shared, 'program'), Buffer.concat([buildElf(), Buffer.alloc(2e6, 'program')]));
      const places = { mirror, shared, target: join(shared, 'scratch'), cache: join(shared, 'cache') };
      await run(scratch(places));
      return () => {};
    },
    tools: [{ name: 'mkbase', command: scratch }, NODE],
  },
  ...[['--help'], ['list']].map(
    (args): Job => ({
      name: `warm-${args[0]!.replace('--', '')}`,
      about: `\`mkbase ${args[0]}\``,
      tools: [{ name: 'mkbase', command: () => [...MKBASE, ...args] }, NODE],
    }),
  ),
];

function scratch({ mirror, shared, target, cache }: Places): readonly string[] {
  return [
    ...[...MKBASE, 'scratch', join(shared, 'program'), `oci:${target}`, '--from=bookworm', '--ca', '--tz'],
    ...[`--mirror=${mirror}/debian`, `--cache-dir=${cache}`, '--quiet'],
  ];
}

/** Another build of the base with more packages: nothing but the result is made anew. */
function again(...options: readonly string[]): Tool {
  return mkbase('bookworm', { as: (target) => `${target}.tar`, options: [...AGAIN, ...options] });
}

/** Fetches, and then keeps, what later builds begin with; leaves the lock of the base. */
async function keepBase({ mirror, shared }: Pick<Places, 'mirror' | 'shared'>): Promise<() => void> {
  const target = join(shared, 'base');
  for (const options of [AGAIN, AGAIN, []]) {
    const { command } = mkbase('bookworm', { as: (name) => `${name}.tar`, options });
    await run(command({ mirror, shared, target, cache: join(shared, 'cache') }));
  }
  await copyFile(`${target}.tar.lock.json`, `${target}.lock.json`);
  return () => {};
}

/** A list of images in repositories of this run alone, so that all are made. */
function refreshed(list: string): Tool {
  const script =
    'printf "images:\\n%s" "$(sed "s,{run},$(basename "$2"),g" "$1")" >"$2.yaml"; shift 2; exec "$@"';
  return {
    name: `mkbase, ${list}`,
    command: ({ mirror, shared, target, cache }) => [
      ...['sh', '-c', script, 'sh', join(shared, `${list}.txt`), target],
      ...[...MKBASE, 'refresh', `${target}.yaml`, `--mirror=${mirror}/debian`, `--cache-dir=${cache}`],
      ...['--plain-http', '--quiet'],
    ],
  };
}
