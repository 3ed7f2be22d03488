import type { OfficialRepository } from '../families/family.ts';
import { familyOf } from '../families/index.ts';
import { type ListedRecipe, listRecipes } from '../recipe/open-recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { columns, jsonText, linesText } from '../text.ts';
import { isoDay } from '../time.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { type World, write } from './world.ts';

/** `mkbase list` */
export async function list(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: [], needed: 0 });
  const recipes = await listRecipes(world);
  const today = isoDay(new Date());
  await write(world.stdout, args.flags.json ? listJson(recipes) : listText(recipes, today));
}

/** A line a suite; the mirrors of its pockets below. `today` is YYYY-MM-DD. */
export function listText(recipes: readonly ListedRecipe[], today: string): string {
  const head = ['suite', 'release', 'also', 'end of life', 'from', 'architectures'];
  const rows = recipes.map(({ recipe, from }) => [
    `${recipe.distribution}:${recipe.suite}`,
    recipe.release ?? '-',
    recipe.aliases.join(' ') || '-',
    endOf(recipe, today),
    from ?? 'mkbase',
    recipe.arches.join(' '),
  ]);
  const mirrors = recipes.flatMap(({ recipe }) =>
    familyOf(recipe).repositoriesOf(recipe).flatMap(mirrorRows),
  );
  return linesText([
    ...columns([head, ...rows]),
    '',
    ...columns([['pocket', 'default mirrors'], ...mirrors]),
  ]);
}

function endOf({ endOfLife }: Recipe, today: string): string {
  if (endOfLife === null) return '-';
  return endOfLife < today ? `${endOfLife} (ended)` : endOfLife;
}

/** A row for each set of architectures that has mirrors of its own. */
function mirrorRows({ suite, mirrors }: Pick<OfficialRepository, 'suite' | 'mirrors'>): [string, string][] {
  const { default: usual, ...own } = mirrors;
  const sets = new Set(Object.values(own).map((urls) => urls.join(' ')));
  const archesOf = (set: string) => Object.keys(own).filter((arch) => own[arch]!.join(' ') === set);
  return [
    ...[...sets].map((set): [string, string] => [suite, `${set} (${archesOf(set).join(', ')})`]),
    [suite, `${usual.join(' ')}${sets.size > 0 ? ' (others)' : ''}`],
  ];
}

/** An array with an object a suite. */
export function listJson(recipes: readonly ListedRecipe[]): string {
  const suites = recipes.map(({ recipe, from }) => ({
    from,
    distribution: recipe.distribution,
    suite: recipe.suite,
    release: recipe.release,
    aliases: recipe.aliases,
    endOfLife: recipe.endOfLife,
    architectures: recipe.arches,
    components: recipe.components,
    pockets: familyOf(recipe).repositoriesOf(recipe),
  }));
  return jsonText(suites);
}
