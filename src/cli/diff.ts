import { resolve } from 'node:path';
import type { Changes } from '../changes/compare.ts';
import { replaceFile } from '../image/replace-file.ts';
import { jsonText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { registrySettings } from './registry-settings.ts';
import { oneArch } from './values.ts';
import { type World, write } from './world.ts';

/** `mkbase diff A B` */
export async function diff(args: Arguments, world: World): Promise<void> {
  const { operands, flags } = args;
  checkOperands(args, { names: ['A', 'B'], needed: 2 });
  const { compareSides } = await import('../changes/compare.ts');
  const { readSide } = await import('../changes/read-side.ts');
  const [a, b] = operands as [string, string];
  const { cwd, env, signal } = world;
  const arch = oneArch(flags, 'one architecture of each side can be compared');
  const options = { cwd, arch, env, signal, registry: registrySettings(flags, cwd) };
  const sides = await Promise.all([a, b].map((text) => readSide(text, options)));
  const text = await written(compareSides(sides[0]!, sides[1]!), flags);
  if (flags.output === null) return write(world.stdout, text);
  await replaceFile(resolve(world.cwd, flags.output), [Buffer.from(text)]);
}

async function written(changes: Changes, { json, markdown }: Arguments['flags']): Promise<string> {
  if (json) return jsonText({ type: 'changes', ...changes });
  const { changesMarkdown, changesText } = await import('../changes/text.ts');
  if (markdown) return changesMarkdown(changes, `${changes.before} → ${changes.after}`);
  return changesText(changes);
}
