import type { Recipe } from '../recipe.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { columns } from './text.ts';
import { type World, write } from './world.ts';

/** `mkbase list` */
export async function list(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: [], needed: 0 });
  const { recipes } = await import('../../recipes/index.ts');
  await write(world.stdout, args.flags.json ? listJson(recipes) : listText(recipes));
}

/** A line a suite; the mirrors of each distribution's pockets below. */
export function listText(recipes: readonly Recipe[]): string {
  const head = ['suite', 'release', 'also', 'end of life', 'architectures'];
  const rows = recipes.map((recipe) => [
    `${recipe.distribution}:${recipe.suite}`,
    recipe.release ?? '-',
    recipe.aliases.join(' ') || '-',
    recipe.endOfLife ?? '-',
    recipe.arches.join(' '),
  ]);
  const mirrors = recipes.flatMap((recipe) =>
    recipe.pockets.map((pocket) => [pocket.suite, pocket.mirrors.default.join(' ')]),
  );
  return [...columns([head, ...rows]), '', ...columns([['pocket', 'default mirrors'], ...mirrors]), ''].join(
    '\n',
  );
}

/** An array with an object a suite. */
export function listJson(recipes: readonly Recipe[]): string {
  const suites = recipes.map((recipe) => ({
    distribution: recipe.distribution,
    suite: recipe.suite,
    release: recipe.release,
    aliases: recipe.aliases,
    endOfLife: recipe.endOfLife,
    architectures: recipe.arches,
    components: recipe.components,
    pockets: recipe.pockets.map(({ name, suite, mirrors }) => ({ name, suite, mirrors })),
  }));
  return `${JSON.stringify(suites)}\n`;
}
