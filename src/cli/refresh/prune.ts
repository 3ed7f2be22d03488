import { resolve } from 'node:path';
import { MkbaseError } from '../../errors.ts';
import { prune } from '../../refresh/prune.ts';
import { registrySession } from '../../registry/session.ts';
import { counted, jsonText, linesText } from '../../text.ts';
import type { Arguments } from '../arguments.ts';
import { checkOperands } from '../operands.ts';
import { registrySettings } from '../registry-settings.ts';
import { type World, write } from '../world.ts';
import { chosen, readImages, refreshImageOf } from './images.ts';

/** `mkbase prune images.yaml [NAME...]` */
export async function pruneCommand(args: Arguments, world: World): Promise<void> {
  const { operands, flags } = args;
  checkOperands({ ...args, operands: operands.slice(0, 1) }, { names: ['FILE'], needed: 1 });
  const [shown, ...names] = operands as [string, ...string[]];
  const { images } = await readImages(resolve(world.cwd, shown), shown);
  const specs = chosen(images, names, null).filter(({ retention }) => retention !== null);
  if (specs.length === 0) {
    throw new MkbaseError('config/no-retention', `no image of \`${shown}\` has a \`retention\``, {
      hint: 'say which dated tags stay, as in `retention: { keep: 10, for: 30d }`',
    });
  }
  const made = await Promise.all(
    specs.map(async (spec) => {
      const image = await refreshImageOf(spec, args, { world, file: shown });
      return { ...image, retention: spec.retention };
    }),
  );
  const { env, signal } = world;
  const session = registrySession({ env, signal, ...registrySettings(flags, world.cwd) });
  const dryRun = !flags.yes;
  const pruned = await prune(made, { session, now: made[0]!.jobs[0]!.now, dryRun });
  for (const one of pruned) {
    const { repository, tag, digest } = one;
    const line = flags.json
      ? jsonText({ type: 'pruned', dryRun, ...one })
      : linesText([`${dryRun ? 'would remove' : 'removed'} ${repository}:${tag} ${digest}`]);
    await write(world.stdout, line);
  }
  if (flags.json || flags.quiet) return;
  const sum = counted(pruned.length, 'tag');
  const hint = pruned.length > 0 ? ': remove with `--yes`' : '';
  await write(world.stderr, linesText([dryRun ? `${sum} to remove${hint}` : `removed ${sum}`]));
}
