import { parseTarget } from '../target.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { reportJson, reportText } from './report.ts';
import { jobOf, withProgress } from './session.ts';
import { type World, write } from './world.ts';

/** `mkbase SUITE TARGET [MIRROR]` */
export async function buildBase(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: ['SUITE', 'TARGET', 'MIRROR'], needed: 2 });
  const job = await jobOf(args, world);
  const target = await parseTarget(args.operands[1]!, {
    cwd: world.cwd,
    stdoutIsTerminal: world.stdout.isTTY === true,
  });
  const { build } = await import('../build.ts');
  const { env, signal } = world;
  const { stream, ...outcome } = await withProgress(args, world, (emit) =>
    build(job, target, { env, signal, emit }),
  );
  if (args.flags.quiet) return;
  await write(
    stream,
    args.flags.json ? reportJson({ target, ...outcome }) : reportText({ target, ...outcome }),
  );
}
