import { MkbaseError } from '../errors.ts';
import type { Verbosity } from '../hooks/hook.ts';
import { parseTarget, type Room, type Target } from '../targets/target.ts';
import type { Arguments } from './arguments.ts';
import { BUILD_UNDER_FAKEROOT, isUnderFakeroot } from './fakeroot.ts';
import { checkOperands } from './operands.ts';
import type { Flags } from './options.ts';
import { registrySettings } from './registry-settings.ts';
import { tellMade } from './report.ts';
import { jobsOf, withProgress } from './session.ts';
import { bytes } from './values.ts';
import type { World } from './world.ts';

/** `mkbase SUITE TARGET [MIRROR]...` */
export async function buildBase(args: Arguments, world: World): Promise<void> {
  const { flags } = args;
  checkBuildOperands(args);
  const jobs = await jobsOf(args, world);
  const targets = await targetsOf(args, world);
  const { build } = await import('../pipeline/build.ts');
  const { env, signal } = world;
  const registry = registrySettings(flags, world.cwd);
  const outcome = await withProgress(args, world, (emit) => {
    if (isUnderFakeroot(env)) emit({ type: 'warning', message: BUILD_UNDER_FAKEROOT });
    const surroundings = { env, signal, emit, registry, fsync: !flags['no-fsync'] };
    const verbosity = verbosityOf(flags);
    return build(jobs, targets, { ...surroundings, verbosity, verify: flags['verify-rebuild'] });
  });
  await tellMade({ targets, ...outcome }, args, world);
}

export function checkBuildOperands(args: Arguments): void {
  const needed = args.flags.to.length > 0 ? 1 : 2;
  checkOperands(args, { names: ['SUITE', 'TARGET', 'MIRROR'], repeated: true, needed });
}

export function verbosityOf({ quiet, verbose }: Arguments['flags']): Verbosity {
  if (quiet) return 0;
  return verbose ? 2 : 1;
}

interface Place {
  readonly cwd: string;
  readonly stdout: { readonly isTTY?: boolean };
}

/** TARGET, and each `--to`. */
export async function targetsOf({ operands, flags }: Arguments, { cwd, stdout }: Place): Promise<Target[]> {
  const texts = [...operands.slice(1, 2), ...flags.to];
  const surroundings = { cwd, stdoutIsTerminal: stdout.isTTY === true, tags: flags.tag, room: roomOf(flags) };
  const targets = await Promise.all(texts.map((text) => parseTarget(text, surroundings)));
  checkRoom(flags, targets);
  const twice = texts.find((text, index) => texts.indexOf(text) !== index);
  if (twice === undefined) return targets;
  throw new MkbaseError('usage/conflict', `the target \`${twice}\` is named twice`, { hint: 'name it once' });
}

/** Of file systems among the targets. */
export function roomOf({ size, free }: Flags): Room {
  if (size !== null && free !== null) {
    throw new MkbaseError('usage/conflict', '`--size` and `--free` exclude each other', {
      hint: 'give one of them: of a given size the rest is free',
    });
  }
  return {
    size: size === null ? null : bytes('size', size),
    free: free === null ? 0 : bytes('free', free),
  };
}

function checkRoom({ size, free }: Flags, targets: readonly Target[]): void {
  const hasRoom = targets.some((target) => target.kind === 'file-system' && /^ext/.test(target.format));
  if (hasRoom || (size === null && free === null)) return;
  throw new MkbaseError(
    'usage/conflict',
    `\`--${size === null ? 'free' : 'size'}\` has no effect on these targets`,
    {
      hint: 'name a target that ends in `.ext4` or `.ext2`: others are as large as what is in them',
    },
  );
}
