import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { familyOf, LOCK_SECTIONS } from '../families/index.ts';
import type { Event, Job } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { readLocks } from '../lock/lock-file.ts';
import { archOf } from '../recipe/arch.ts';
import { type Arguments, hasData } from './arguments.ts';
import { readOptionFile } from './option-file.ts';
import { openProgress, type ProgressStyle } from './progress.ts';
import { ignoredBesideLock, jobFrom } from './request.ts';
import type { Tally } from './tally.ts';
import { archName } from './values.ts';
import type { OutStream, World } from './world.ts';

/**
 * The jobs of the arguments, one an architecture, with this machine's clock and processors. Where a lock
 * is given and no architecture, those of the lock are meant.
 */
export async function jobsOf(args: Arguments, world: World): Promise<readonly Job[]> {
  const { env, cwd, stdin, signal } = world;
  const { flags } = args;
  const locks = flags.lock === null ? [] : await readLockFile(resolve(cwd, flags.lock));
  const processors = availableParallelism();
  const job = await jobFrom(args, { env, cwd, stdin, signal, locks, now: new Date(), processors });
  const { recipe } = job;
  const asked = flags.arch.map((name) => archOf(recipe, archName(name), familyOf(recipe).platforms));
  const arches = asked.length > 0 ? asked : locks.map(({ arch }) => arch);
  if (arches.length === 0) return [job];
  return arches.map((arch) => ({ ...job, arch, lock: lockFor(arch, locks) }));
}

/** @throws MkbaseError `usage/unreadable-file`, and what readLocks throws */
export async function readLockFile(file: string): Promise<readonly Lock[]> {
  return readLocks(await readOptionFile('lock', file), file, LOCK_SECTIONS);
}

/** Where there is none for the architecture, another one, so that the plan can say what it is for. */
function lockFor(arch: string, locks: readonly Lock[]): Lock | null {
  return locks.find((lock) => lock.arch === arch) ?? locks[0] ?? null;
}

/** Runs `work` under a progress display and gives its result with what was counted. */
export async function withProgress<Result>(
  args: Arguments,
  world: World,
  work: (emit: (event: Event) => void) => Promise<Result>,
): Promise<{
  readonly result: Result;
  readonly tally: Tally;
  readonly stream: OutStream;
  readonly now: number;
}> {
  const { flags } = args;
  const stream = flags.json && !hasData(args) ? world.stdout : world.stderr;
  const progress = openProgress({
    stream,
    style: styleOf(args, stream, world.env),
    verbose: flags.verbose,
    colour: (world.env.NO_COLOR ?? '') === '',
    clock: () => performance.now(),
  });
  for (const option of ignoredBesideLock(flags)) {
    progress.emit({ type: 'warning', message: `the lock decides: \`--${option}\` is not used` });
  }
  let outcome: 'done' | 'failed' = 'failed';
  try {
    const result = await work(progress.emit);
    outcome = 'done';
    return { result, tally: progress.close('done'), stream, now: performance.now() };
  } finally {
    if (outcome === 'failed') progress.close('failed');
  }
}

function styleOf({ flags }: Arguments, stream: OutStream, env: World['env']): ProgressStyle {
  if (flags.quiet) return 'quiet';
  if (flags.json) return 'json';
  return stream.isTTY === true && env.TERM !== 'dumb' ? 'live' : 'lines';
}
