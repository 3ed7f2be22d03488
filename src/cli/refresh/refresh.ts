import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Event } from '../../job.ts';
import { tellGithub } from '../../refresh/github.ts';
import type { RefreshImage } from '../../refresh/image.ts';
import type { ImageSpec } from '../../refresh/image-spec.ts';
import type { ImagesFile } from '../../refresh/images-file.ts';
import { firstImagesFile } from '../../refresh/init.ts';
import { whileLocked } from '../../refresh/local-lock.ts';
import { writeMetrics } from '../../refresh/metrics.ts';
import { callWebhook, isNews, runOnChange } from '../../refresh/notify.ts';
import { eventOf, type Outcome, statusOf } from '../../refresh/outcome.ts';
import { type RunOptions, refreshAll } from '../../refresh/refresh-all.ts';
import { outcomeText, reportFile } from '../../refresh/report.ts';
import { parseShard, type Shard } from '../../refresh/shard.ts';
import { watch } from '../../refresh/watch.ts';
import { counted, jsonText, linesText } from '../../text.ts';
import type { Arguments } from '../arguments.ts';
import { failureOf } from '../failure.ts';
import { checkOperands } from '../operands.ts';
import { readOptionFile } from '../option-file.ts';
import { registrySettings } from '../registry-settings.ts';
import { count, duration } from '../values.ts';
import { type World, write } from '../world.ts';
import { checkCollisions, chosen, readImages, refreshImageOf } from './images.ts';

/** `mkbase refresh images.yaml [NAME...]`; gives the exit status. */
export async function refresh(args: Arguments, world: World): Promise<number> {
  const { operands, flags } = args;
  checkOperands({ ...args, operands: operands.slice(0, 1) }, { names: ['FILE'], needed: 1 });
  const [shown, ...names] = operands as [string, ...string[]];
  if (shown === 'init') {
    await write(world.stdout, firstImagesFile());
    return 0;
  }
  const file = resolve(world.cwd, shown);
  const shard = flags.shard === null ? null : parseShard(flags.shard, world.env);
  if (flags.watch === null) {
    const list = await readImages(file, shown);
    return await round(list, chosen(list.images, names, shard), { args, world, file, shard });
  }
  await watch(flags.watch, {
    signal: world.signal,
    // Read anew each time: the list is kept in a repository, too.
    schedules: async () => {
      const list = await readImages(file, shown);
      return chosen(list.images, names, shard).map(({ name, schedule }) => ({ name, schedule }));
    },
    run: async (due) => {
      const list = await readImages(file, shown);
      await round(list, chosen(list.images, due, null), { args, world, file, shard });
    },
    onError: async (error) => {
      await write(world.stderr, linesText([`error: ${failureOf(error).message}`]));
    },
  });
  return 0;
}

interface Round {
  readonly args: Arguments;
  readonly world: World;
  readonly file: string;
  readonly shard: Shard | null;
}

/** Looks after these images once. */
async function round(list: ImagesFile, specs: readonly ImageSpec[], round: Round): Promise<number> {
  const { args, world, file, shard } = round;
  const [shown] = args.operands as [string];
  const all = await Promise.all(
    list.images.map((spec) => refreshImageOf(spec, args, { world, file: shown })),
  );
  checkCollisions(all);
  const images = all.filter(({ name }) => specs.some((spec) => spec.name === name));
  const options = await runOptions(args, world);
  const cacheDir = all[0]!.jobs[0]!.cacheDir;
  const run = () => outcomesOf(images, options, { ...round, webhook: args.flags.webhook ?? list.webhook });
  const outcomes = options.checkOnly
    ? await run()
    : await whileLocked(shard === null ? file : `${file} ${shard.index}/${shard.total}`, cacheDir, run);
  await writeFiles(outcomes, args, world);
  return statusOf(outcomes, { detailed: args.flags['detailed-exitcode'] });
}

async function runOptions({ flags }: Arguments, { cwd }: World): Promise<RunOptions> {
  const { key } = flags;
  return {
    checkOnly: flags.check || flags.simulate,
    test: flags.test,
    key: key === null ? null : { pem: await readOptionFile('key', resolve(cwd, key)), file: key },
    atOnce:
      flags.jobs === null ? Math.max(1, Math.floor(availableParallelism() / 2)) : count('jobs', flags.jobs),
    deadline: duration('timeout', flags.timeout ?? '30m') * 1000,
  };
}

async function outcomesOf(
  images: readonly RefreshImage[],
  options: RunOptions,
  { args, world, webhook }: Round & { readonly webhook: string | null },
): Promise<Outcome[]> {
  const { flags } = args;
  const { env, signal } = world;
  const warn = async (error: unknown) => {
    await write(world.stderr, linesText([`warning: ${failureOf(error).message}`]));
  };
  const outcomes = await refreshAll(shared(images, options), options, {
    ...{ env, signal, registry: registrySettings(flags, world.cwd) },
    emit: teller(args, world),
    async onOutcome(outcome) {
      await print(outcome, args, world);
      if (options.checkOnly || !isNews(outcome)) return;
      const secret = env.MKBASE_WEBHOOK_SECRET || null;
      if (webhook !== null) await callWebhook(outcome, { url: webhook, secret, env, signal }).catch(warn);
      const command = flags['exec-on-change'];
      if (command !== null && outcome.result === 'changed') {
        await runOnChange(outcome, command, { env, signal }).catch(warn);
      }
    },
  });
  signal.throwIfAborted();
  return outcomes;
}

/** The processors are shared by the images that are made at once. */
function shared(images: readonly RefreshImage[], { atOnce }: RunOptions): RefreshImage[] {
  const workers = Math.max(1, Math.floor(availableParallelism() / Math.min(atOnce, images.length || 1)));
  return images.map((image) => ({ ...image, jobs: image.jobs.map((job) => ({ ...job, jobs: workers })) }));
}

async function print(outcome: Outcome, { flags }: Arguments, world: World): Promise<void> {
  if (flags.json) await write(world.stdout, jsonText(eventOf(outcome)));
  else if (outcome.error !== null) {
    await write(world.stderr, outcomeText(outcome));
    const { details, hint } = outcome.error;
    const lines = [...details, ...(hint === undefined ? [] : [`hint: ${hint}`])];
    await write(world.stderr, linesText(lines.map((line) => `  ${line}`)));
  } else if (!flags.quiet) await write(world.stdout, outcomeText(outcome));
}

/** One stream for the lines of all images, each with its name; phases and warnings are printed once. */
function teller({ flags }: Arguments, { stderr }: World): (event: Event, image: string) => void {
  const reported = new Set<string>();
  return (event, image) => {
    const text = eventText(event, flags);
    if (text === null) return;
    const line = linesText([image === '' ? text : `${image}: ${text}`]);
    if (event.type !== 'log' && reported.has(line)) return;
    reported.add(line);
    stderr.write(line);
  };
}

function eventText(event: Event, { verbose, quiet, json }: Arguments['flags']): string | null {
  switch (event.type) {
    case 'warning':
      return `warning: ${event.message}`;
    case 'log':
      return verbose ? event.line : null;
    case 'phase':
      if (quiet || json) return null;
      if (event.packages === undefined) return event.phase;
      return `${event.phase}: ${counted(event.packages, 'package')}`;
    default:
      return null;
  }
}

async function writeFiles(outcomes: readonly Outcome[], { flags }: Arguments, world: World): Promise<void> {
  const at = (name: string) => resolve(world.cwd, name);
  if (flags.report !== null) await writeFile(at(flags.report), reportFile(outcomes, flags.report));
  if (flags.metrics !== null) await writeMetrics(outcomes, at(flags.metrics), Math.floor(Date.now() / 1000));
  await tellGithub(outcomes, world.env);
}
