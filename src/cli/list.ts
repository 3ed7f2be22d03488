import { listedSuite } from '../recipe/listed-suite.ts';
import { readUserRecipes } from '../recipe/open-recipe.ts';
import { userRecipeFiles } from '../recipe/user-files.ts';
import { linesText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { listOutput, type Row } from './list-text.ts';
import { checkOperands } from './operands.ts';
import { type World, write } from './world.ts';

/** `mkbase list`: reports files that are not recipes, and lists the rest. `answer.ts` lists where there are none. */
export async function list(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: [], needed: 0 });
  const { rows, warnings } = await listedFiles(userRecipeFiles(world));
  for (const warning of warnings) await write(world.stderr, linesText([`warning: ${warning}`]));
  await write(world.stdout, listOutput(rows, args.flags));
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
