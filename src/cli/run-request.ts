import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import { readWhole } from '../whole-file.ts';
import type { Arguments } from './arguments.ts';
import { verbosityOf } from './build.ts';
import { BUILD_UNDER_FAKEROOT, isUnderFakeroot } from './fakeroot.ts';
import { hostSettings } from './host-settings.ts';
import { checkOperands } from './operands.ts';
import { registrySettings } from './registry-settings.ts';
import { tellMade } from './report.ts';
import { withProgress } from './session.ts';
import type { World } from './world.ts';

/** `mkbase run REQUEST|-`: does what `--print-request` wrote, on this host. */
export async function runRequestFile(args: Arguments, world: World): Promise<void> {
  const { operands, flags } = args;
  checkOperands(args, { names: ['REQUEST'], needed: 1 });
  const [name] = operands as [string];
  const { LARGEST_REQUEST, readRequest } = await import('../pipeline/read-request.ts');
  const text =
    name === '-' ? await world.stdin(LARGEST_REQUEST + 1) : await textOf(name, LARGEST_REQUEST, world);
  const request = readRequest(text, name === '-' ? 'standard input' : name);
  const { runRequest } = await import('../pipeline/run-request.ts');
  const { env, cwd, signal, stdout } = world;
  const settings = await hostSettings(flags, {
    ...{ env, cwd },
    now: new Date(),
    processors: availableParallelism(),
  });
  const { result, ...outcome } = await withProgress(args, world, (emit) => {
    if (isUnderFakeroot(env)) emit({ type: 'warning', message: BUILD_UNDER_FAKEROOT });
    return runRequest(request, {
      ...settings,
      ...{ env, signal, emit, stdoutIsTerminal: stdout.isTTY === true },
      registry: registrySettings(flags, cwd),
      fsync: !flags['no-fsync'],
      verbosity: verbosityOf(flags),
      verify: flags['verify-rebuild'],
    });
  });
  await tellMade({ ...result, ...outcome }, args, world);
}

/** The text, or where that is too long somewhat more of it than a request may have. */
async function textOf(name: string, largest: number, { cwd }: World): Promise<string> {
  const path = resolve(cwd, name);
  try {
    return (await readWhole(path, largest + 1)).toString();
  } catch (cause) {
    throw new MkbaseError('request/unreadable', `cannot read the request \`${name}\`: ${reasonOf(cause)}`, {
      hint: 'name a file that `--print-request` wrote, or `-` for standard input',
      cause,
    });
  }
}
