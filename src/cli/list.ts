import { listedBuiltIn } from '../recipe/built-in.ts';
import { type ListedSuite, listedSuite } from '../recipe/listed-suite.ts';
import { readUserRecipes, userRecipeFiles } from '../recipe/open-recipe.ts';
import { columns, jsonText, linesText } from '../text.ts';
import { isoDay } from '../time.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { type World, write } from './world.ts';

/** A suite, and the file of the user's that it was read from; null for one of mkbase's own. */
type Row = ListedSuite & { readonly from: string | null };

/** `mkbase list`: reports files that are not recipes, and lists the rest. */
export async function list(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: [], needed: 0 });
  const files = userRecipeFiles(world);
  const { rows, warnings } = files.length === 0 ? { rows: [], warnings: [] } : await listedFiles(files);
  const all = [...listedBuiltIn().map((suite) => ({ from: null, ...suite })), ...rows];
  for (const warning of warnings) await write(world.stderr, linesText([`warning: ${warning}`]));
  await write(world.stdout, args.flags.json ? jsonText(all) : listText(all, isoDay(new Date())));
}

/** Families are loaded where there is a file of a user's alone. */
async function listedFiles(files: readonly string[]) {
  const { familyOf, RECIPE_FORMS } = await import('../families/index.ts');
  const { recipes, broken } = await readUserRecipes(files, RECIPE_FORMS);
  return {
    rows: recipes.map(({ recipe, from }): Row => {
      return { from, ...listedSuite(recipe, familyOf(recipe).repositoriesOf(recipe)) };
    }),
    warnings: broken.map(({ error }) => error.message),
  };
}

/** A line a suite; the mirrors of its pockets below. `today` is YYYY-MM-DD. */
export function listText(rows: readonly Row[], today: string): string {
  const head = ['suite', 'release', 'also', 'end of life', 'from', 'architectures'];
  const suites = rows.map((row) => [
    `${row.distribution}:${row.suite}`,
    row.release ?? '-',
    row.aliases.join(' ') || '-',
    endOf(row, today),
    row.from ?? 'mkbase',
    row.architectures.join(' '),
  ]);
  const mirrors = rows.flatMap(({ pockets }) => pockets.flatMap(mirrorRows));
  return linesText([
    ...columns([head, ...suites]),
    '',
    ...columns([['pocket', 'default mirrors'], ...mirrors]),
  ]);
}

function endOf({ endOfLife }: ListedSuite, today: string): string {
  if (endOfLife === null) return '-';
  return endOfLife < today ? `${endOfLife} (ended)` : endOfLife;
}

/** A row for each set of architectures that has mirrors of its own. */
function mirrorRows({ suite, mirrors }: ListedSuite['pockets'][number]): [string, string][] {
  const { default: usual, ...own } = mirrors;
  const sets = new Set(Object.values(own).map((urls) => urls.join(' ')));
  const archesOf = (set: string) => Object.keys(own).filter((arch) => own[arch]!.join(' ') === set);
  return [
    ...[...sets].map((set): [string, string] => [suite, `${set} (${archesOf(set).join(', ')})`]),
    [suite, `${usual.join(' ')}${sets.size > 0 ? ' (others)' : ''}`],
  ];
}
