import { absoluteTarget } from '../targets/target.ts';
import type { Arguments } from './arguments.ts';
import { checkBuildOperands, roomOf, targetsOf } from './build.ts';
import { jobsOf, withProgress } from './session.ts';
import { type World, write } from './world.ts';

/** `mkbase SUITE TARGET --print-request`: what would be made, for `mkbase run`. */
export async function printRequest(args: Arguments, world: World): Promise<void> {
  checkBuildOperands(args);
  const { operands, flags } = args;
  const jobs = await jobsOf(args, world);
  // Here standard output takes the request, and a terminal may show it.
  await targetsOf(args, { cwd: world.cwd, stdout: {} });
  const texts = [...operands.slice(1, 2), ...flags.to];
  const targets = texts.map((text) => absoluteTarget(text, world.cwd));
  const { requestOf, writeRequest } = await import('../pipeline/request.ts');
  const { result } = await withProgress(args, world, () =>
    requestOf(jobs, { targets, tags: flags.tag, room: roomOf(flags) }),
  );
  await write(world.stdout, writeRequest(result));
}
