import { MkbaseError } from '../errors.ts';
import { type Arguments, hasData, parseArguments } from './arguments.ts';
import { exitStatusOf, failureJson, failureOf, failureText } from './failure.ts';
import { helpText } from './help.ts';
import { type World, write } from './world.ts';

interface ErrorStyle {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether standard output carries data, so that everything else goes to standard error. */
  readonly data: boolean;
}

/** Runs the command of the arguments and returns the exit status; every error is printed here and nowhere else. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const standIn = STAND_INS[argv[0] ?? ''];
  if (standIn !== undefined) return standIn(argv.slice(1), world);
  let style = guessedStyle(argv);
  try {
    const args = parseArguments(argv);
    style = { json: args.flags.json, verbose: args.flags.verbose, data: hasData(args) };
    return await command(args, world);
  } catch (thrown) {
    return report(interruptionOr(thrown, world.signal), style, world);
  }
}

/** For what was thrown where no one could catch it. */
export function reportBug(thrown: unknown, argv: readonly string[], world: World): number {
  return report(failureOf(thrown), guessedStyle(argv), world);
}

/** Commands with the command line, the messages and the exit status of another program. */
const STAND_INS: Readonly<Record<string, (argv: readonly string[], world: World) => Promise<number>>> = {
  debootstrap: async (...call) => (await import('./debootstrap/debootstrap.ts')).debootstrap(...call),
};

type Run = (args: Arguments, world: World) => Promise<void>;

/** The commands that begin with their name; each is loaded when it is asked for. */
const NAMED: Readonly<Record<string, Run>> = {
  scratch: async (...call) => (await import('./scratch.ts')).scratch(...call),
  host: async (...call) => (await import('./host-packages.ts')).hostPackages(...call),
  run: async (...call) => (await import('./run-request.ts')).runRequestFile(...call),
  doctor: async (...call) => (await import('./doctor.ts')).doctor(...call),
  sbom: async (...call) => (await import('./sbom.ts')).sbom(...call),
  inspect: async (...call) => (await import('./inspect.ts')).inspect(...call),
  list: async (...call) => (await import('./list.ts')).list(...call),
  recipe: async (...call) => (await import('./recipe.ts')).recipe(...call),
  lock: async (...call) => (await import('./lock.ts')).lock(...call),
  diff: async (...call) => (await import('./diff.ts')).diff(...call),
  import: async (...call) => (await import('./import.ts')).importCommand(...call),
  copy: async (...call) => (await import('./copy.ts')).copy(...call),
  push: async (...call) => (await import('./copy.ts')).push(...call),
  prune: async (...call) => (await import('./refresh/prune.ts')).pruneCommand(...call),
  cache: async (...call) => (await import('./cache.ts')).cacheCommand(...call),
  rm: async (...call) => (await import('./rm.ts')).rm(...call),
  completion: async (...call) => (await import('./completion.ts')).completion(...call),
};

/** Those whose exit status says more than that nothing failed. */
const TELLING: Readonly<Record<string, (...call: Parameters<Run>) => Promise<number>>> = {
  refresh: async (...call) => (await import('./refresh/refresh.ts')).refresh(...call),
};

async function command(args: Arguments, world: World): Promise<number> {
  const telling = TELLING[args.command.name];
  if (telling !== undefined && !args.flags.help) return telling(args, world);
  await silent(args, world);
  return 0;
}

async function silent(args: Arguments, world: World): Promise<void> {
  if (args.flags.help) return write(world.stdout, helpText(args.command));
  const named = NAMED[args.command.name];
  if (named !== undefined) return named(args, world);
  if (args.flags.simulate || args.flags['print-debs']) {
    return (await import('./simulate.ts')).simulate(args, world);
  }
  if (args.flags['print-request']) return (await import('./print-request.ts')).printRequest(args, world);
  return (await import('./build.ts')).buildBase(args, world);
}

function guessedStyle(argv: readonly string[]): ErrorStyle {
  const verbose = argv.includes('--verbose') || argv.includes('-v');
  return { json: argv.includes('--json'), verbose, data: argv.includes('-') };
}

/** A failure because of a signal is reported as the signal; the thrown error stays as its cause. */
function interruptionOr(thrown: unknown, signal: AbortSignal): MkbaseError {
  const reason: unknown = signal.reason;
  if (!signal.aborted || thrown === reason || !(reason instanceof MkbaseError)) return failureOf(thrown);
  return new MkbaseError(reason.code, reason.message, { data: reason.data, cause: thrown });
}

function report(error: MkbaseError, { json, verbose, data }: ErrorStyle, world: World): number {
  if (json) (data ? world.stderr : world.stdout).write(failureJson(error));
  else world.stderr.write(failureText(error, { verbose }));
  return exitStatusOf(error);
}
