/**
 * `npm run bench -- [--runs 5] [--directory DIR] [--alpine MIRROR [--keyring KEY]] [JOB…]`: mkbase beside its
 * peers on one machine, in turn (A B C A B C …), against a mirror on 127.0.0.1. Alpine's jobs need a mirror in
 * a folder. Needs root, as debootstrap does. A name stands for all jobs that begin with it: `warm`. Prints Markdown.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { alpineJobs } from './bench-alpine.ts';
import { DEBIAN_JOBS } from './bench-debian.ts';
import type { Job } from './bench-job.ts';
import { WARM_JOBS } from './bench-warm.ts';
import { isInstalled, type Measure, measure, median } from './measure.ts';
import { debianUpstreams, serveMirror } from './mirror.ts';

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
    ...WARM_JOBS,
    ...(alpine === undefined ? [] : await alpineJobs({ mirror: alpine, keyring, directory })),
  ];
  const isAsked = (job: Job, name: string) => job.name === name || job.name.startsWith(`${name}-`);
  const unknown = positionals.find((name) => !known.some((job) => isAsked(job, name)));
  if (unknown !== undefined) {
    throw new Error(`unknown job \`${unknown}\`: it is one of ${known.map(({ name }) => name).join(', ')}`);
  }
  const jobs = known.filter(
    (job) => positionals.length === 0 || positionals.some((name) => isAsked(job, name)),
  );
  const mirror = await serveMirror({
    directory: join(directory, 'mirror'),
    upstreams: await debianUpstreams(),
  });
  try {
    console.log('| job | tool | wall s (min–max) | CPU s | peak MB | wall ratio | CPU ratio |');
    console.log('| --- | --- | --- | --- | --- | --- | --- |');
    for (const job of jobs) await runJob(job, { runs: Number(values.runs), mirror: mirror.url, directory });
  } finally {
    await mirror.close();
  }
}

interface JobOptions {
  readonly runs: number;
  readonly mirror: string;
  readonly directory: string;
}

async function runJob(job: Job, { runs, mirror, directory }: JobOptions): Promise<void> {
  const there = ({ name, needs }: { readonly name: string; readonly needs?: string }): boolean => {
    if (needs === undefined || isInstalled(needs)) return true;
    console.error(`${job.name}: \`${needs}\` is not installed, and ${name} left out`);
    return false;
  };
  if (!there(job)) return;
  const tools = job.tools.filter(there);
  const results = new Map<string, Measure[]>(tools.map(({ name }) => [name, []]));
  const [shared, made] = [join(directory, 'shared'), join(directory, 'made')];
  await clear(shared, made);
  for (const folder of [shared, made]) await mkdir(folder, { recursive: true });
  const end = await job.prepare?.({ mirror, shared });
  try {
    // The first round fills the mirror and is not counted.
    for (let round = 0; round <= runs; round++) {
      for (const [index, tool] of tools.entries()) {
        // Nothing is removed between runs: ext4 looks long for inodes that were not freed a moment ago.
        const target = join(made, `${round}-${index}`);
        const cache = job.warm === true ? join(shared, 'cache') : `${target}.cache`;
        execFileSync('sync');
        const result = await measure(
          tool.command({ mirror, shared, target, cache }),
          join(directory, 'time'),
        );
        console.error(`${job.name} ${round}/${runs} ${tool.name} ${result.wall.toFixed(2)} s`);
        if (round > 0) results.get(tool.name)!.push(result);
      }
    }
  } finally {
    end?.();
    await clear(shared, made);
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

async function clear(...directories: readonly string[]): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'latin1');
  for (const directory of directories) {
    // A tool that failed can have left its mounts of /proc and /dev, which rm would walk into.
    if (mounts.includes(` ${directory}/`)) {
      throw new Error(`something is mounted below \`${directory}\`: unmount it first`);
    }
    await rm(directory, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
