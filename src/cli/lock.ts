import { resolve } from 'node:path';
import { compareSides } from '../changes/compare.ts';
import { type Side, sideOfLocks } from '../changes/side.ts';
import { changesText, headline } from '../changes/text.ts';
import { MkbaseError } from '../errors.ts';
import { requestOf } from '../families/lock-request.ts';
import { replaceFile } from '../image/replace-file.ts';
import type { Job } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { writeLocks } from '../lock/lock-file.ts';
import { jsonText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { jobsOf, readLockFile, withProgress } from './session.ts';
import { type World, write } from './world.ts';

/** `mkbase lock SUITE` and `mkbase lock --check FILE` */
export async function lock(args: Arguments, world: World): Promise<void> {
  const { flags } = args;
  checkOperands(
    args,
    flags.check ? { names: ['FILE'], needed: 1 } : { names: ['SUITE', 'MIRROR'], needed: 1, repeated: true },
  );
  if (flags.check) return check(args, world);
  const [suite, ...mirror] = args.operands;
  const jobs = await jobsOf({ ...args, operands: [suite!, '', ...mirror] }, world);
  const text = writeLocks(await planned(jobs, args, world));
  if (flags.output === null) return write(world.stdout, text);
  await replaceFile(resolve(world.cwd, flags.output), [Buffer.from(text)]);
}

/** Whether the same request would be answered by the same packages today. */
async function check(args: Arguments, world: World): Promise<void> {
  const [name] = args.operands as [string];
  const file = resolve(world.cwd, name);
  const locks = await readLockFile(file);
  const [job] = await jobsOf({ ...args, operands: [locks[0]!.recipe.name] }, world);
  const current = await planned(
    locks.map((one) => requestOf(one, job!)),
    args,
    world,
  );
  const changes = compareSides(packagesOf(name, locks), packagesOf('now', current));
  // Version 1 holds another digest of the recipe, which nothing can be compared with.
  const sameRecipe = locks.every(
    ({ version, recipe }, index) => version === 1 || recipe.digest === current[index]!.recipe.digest,
  );
  const reasons = [
    ...(changes.packages.length > 0 ? [headline(changes)] : []),
    ...(sameRecipe ? [] : ['the recipe has changed']),
  ];
  const { json, quiet } = args.flags;
  if (json) await write(world.stdout, jsonText({ type: 'changes', ...changes }));
  else if (!quiet) await write(world.stdout, changesText(changes));
  if (reasons.length === 0) return;
  throw new MkbaseError('lock/outdated', `the lock \`${name}\` is not current: ${reasons.join(', ')}`, {
    hint: `make a new one: \`mkbase lock ${locks[0]!.recipe.name} -o ${name}\` with the options of the old`,
  });
}

/** The rest of a lock is the request of its time, and does not become outdated. */
function packagesOf(name: string, locks: readonly Lock[]): Side {
  return { ...sideOfLocks(name, locks), settings: null, request: null };
}

async function planned(jobs: readonly Job[], args: Arguments, world: World): Promise<Lock[]> {
  const { plan } = await import('../pipeline/plan.ts');
  const { env, signal } = world;
  const { result } = await withProgress(args, world, async (emit) => {
    const locks: Lock[] = [];
    for (const job of jobs) locks.push((await plan(job, { env, signal, emit })).lock);
    return locks;
  });
  return result;
}
