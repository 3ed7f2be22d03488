/**
 * `npm run bench -- [--runs 5] [--directory DIR] [--alpine MIRROR [--keyring KEY]] [JOB…]`: mkbase beside its
 * peers on one machine, in turn (A B C A B C …), against a mirror on 127.0.0.1. Alpine's jobs need a mirror in
 * a folder. Needs root, as debootstrap does. Prints Markdown.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { alpineJobs } from './bench-alpine.ts';
import { type Job, MKBASE, type Places, type Tool } from './bench-job.ts';
import { isInstalled, type Measure, measure, median } from './measure.ts';
import { debianUpstreams, serveMirror } from './mirror.ts';

const DEBIAN_JOBS: readonly Job[] = [
  {
    name: 'bookworm',
    about: 'bookworm minbase, configured, into a directory',
    tools: [
      mkbase('bookworm'),
      // The hook and the package give mmdebstrap the same 88 packages.
      mmdebstrap('bookworm', [
        '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr',
        '--include=usr-is-merged',
      ]),
      debootstrap('bookworm'),
    ],
  },
  {
    name: 'help',
    about: '`mkbase --help`',
    tools: [{ name: 'mkbase', command: () => [...MKBASE, '--help'] }],
  },
  {
    name: 'trixie',
    about: 'trixie minbase, configured, into a directory',
    tools: [mkbase('trixie'), mmdebstrap('trixie', []), debootstrap('trixie')],
  },
];

function mkbase(suite: string): Tool {
  return {
    name: 'mkbase',
    command: ({ mirror, target, cache }) => [
      ...MKBASE,
      suite,
      target,
      `${mirror}/debian`,
      `--cache-dir=${cache}`,
      '--quiet',
    ],
  };
}

function mmdebstrap(suite: string, options: readonly string[]): Tool {
  return {
    name: 'mmdebstrap',
    needs: 'mmdebstrap',
    command: ({ mirror, target }) => [
      'mmdebstrap',
      '--quiet',
      '--variant=minbase',
      '--dpkgopt=force-unsafe-io',
      ...options,
      suite,
      target,
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

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      directory: { type: 'string', default: join(tmpdir(), 'mkbase-bench') },
      alpine: { type: 'string' },
      keyring: { type: 'string' },
    },
  });
  if (!isInstalled()) throw new Error('GNU time is needed: install the package `time`');
  const directory = resolve(values.directory);
  const { alpine, keyring } = values;
  const known = [
    ...DEBIAN_JOBS,
    ...(alpine === undefined ? [] : await alpineJobs({ mirror: alpine, keyring, directory })),
  ];
  const unknown = positionals.find((name) => !known.some((job) => job.name === name));
  if (unknown !== undefined) {
    throw new Error(`unknown job \`${unknown}\`: it is one of ${known.map(({ name }) => name).join(', ')}`);
  }
  const jobs = known.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const mirror = await serveMirror({
    directory: join(directory, 'mirror'),
    upstreams: await debianUpstreams(),
  });
  const places = { mirror: mirror.url, target: join(directory, 'target'), cache: join(directory, 'cache') };
  try {
    console.log('| job | tool | wall s (min–max) | CPU s | peak MB | wall ratio | CPU ratio |');
    console.log('| --- | --- | --- | --- | --- | --- | --- |');
    for (const job of jobs) await runJob(job, { runs: Number(values.runs), places, directory });
  } finally {
    await mirror.close();
    await clear(places);
  }
}

interface JobOptions {
  readonly runs: number;
  readonly places: Places;
  readonly directory: string;
}

async function runJob(job: Job, { runs, places, directory }: JobOptions): Promise<void> {
  const tools = job.tools.filter(({ name, needs }) => {
    const there = needs === undefined || isInstalled(needs);
    if (!there) console.error(`${job.name}: ${name} is not installed, and left out`);
    return there;
  });
  const results = new Map<string, Measure[]>(tools.map(({ name }) => [name, []]));
  // The first round fills the mirror and is not counted.
  for (let round = 0; round <= runs; round++) {
    for (const tool of tools) {
      await clear(places, round > 0 && job.warm === true);
      await mkdir(directory, { recursive: true });
      execFileSync('sync');
      const result = await measure(tool.command(places), join(directory, 'time'));
      console.error(`${job.name} ${round}/${runs} ${tool.name} ${result.wall.toFixed(2)} s`);
      if (round > 0) results.get(tool.name)!.push(result);
    }
  }
  const [own = []] = results.values();
  for (const [name, measures] of results) console.log(tableRow(job, name, measures, own));
}

/** Ratios are medians of the pairs, so that a slow minute of the machine falls on both. */
function tableRow(job: Job, name: string, measures: readonly Measure[], own: readonly Measure[]): string {
  const walls = measures.map(({ wall }) => wall);
  const ratio = (key: 'wall' | 'cpu'): string =>
    measures === own ? '' : median(own.map((run, index) => run[key] / measures[index]![key])).toFixed(3);
  const cells = [
    `${job.name}: ${job.about}`,
    name,
    `${median(walls).toFixed(2)} (${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)})`,
    median(measures.map(({ cpu }) => cpu)).toFixed(2),
    median(measures.map(({ memory }) => memory)).toFixed(0),
    ratio('wall'),
    ratio('cpu'),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function clear({ target, cache }: Places, keepCache = false): Promise<void> {
  // A tool that failed can have left its mounts of /proc and /dev, which rm would walk into.
  if ((await readFile('/proc/self/mounts', 'latin1')).includes(` ${target}`)) {
    throw new Error(`something is mounted below \`${target}\`: unmount it first`);
  }
  await rm(target, { recursive: true, force: true });
  await rm(`${target}.lock.json`, { force: true });
  if (!keepCache) await rm(cache, { recursive: true, force: true });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
