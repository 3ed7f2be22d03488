import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { RECIPE_FORMS } from '../families/index.ts';
import type { RecipeForm } from '../recipe/form.ts';
import { namesOf } from '../recipe/names.ts';
import { openRecipe, readUserRecipe } from '../recipe/open-recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { recipeText } from '../recipe/recipe-text.ts';
import { columns, jsonText, linesText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { derived, likedSource } from './recipe-for.ts';
import { originOf } from './request.ts';
import { type World, write } from './world.ts';

/** `mkbase recipe show NAME`, `mkbase recipe check FILE`, `mkbase recipe from SOURCE...` */
export async function recipe(args: Arguments, world: World): Promise<void> {
  checkOperands(args, {
    names: ['show, check or from', 'NAME'],
    needed: 2,
    repeated: args.operands[0] === 'from',
  });
  const [action, name] = args.operands as [string, string];
  if (action === 'show') return show(name, args, world);
  if (action === 'check') return check(name, args, world);
  if (action === 'from') return from(args, world);
  throw new MkbaseError('usage/bad-value', `\`${action}\` is nothing to do with a recipe`, {
    hint: `the form is \`mkbase ${args.command.usage}\``,
  });
}

/** Prints the YAML that `--recipe` takes again for the same lock. */
async function show(name: string, { flags }: Arguments, world: World): Promise<void> {
  const found = await openRecipe(name, { file: flags.recipe, forms: RECIPE_FORMS, ...world });
  await write(world.stdout, await recipeText(found, formOf(found)));
}

async function check(file: string, { flags }: Arguments, world: World): Promise<void> {
  const found = await readUserRecipe(resolve(world.cwd, file), { shown: file, forms: RECIPE_FORMS });
  const form = formOf(found);
  const keys = await Promise.all(
    found.keyFiles.map(async (key) => ({
      file: key.name,
      fingerprints: await form.fingerprints(key),
    })),
  );
  const names = namesOf(found, form);
  if (flags.json)
    return write(world.stdout, jsonText({ name: found.name, names, architectures: found.arches, keys }));
  if (flags.quiet) return;
  const rows = keys.flatMap((key) =>
    key.fingerprints.map((fingerprint) => ['key', `${fingerprint} (${key.file})`]),
  );
  await write(
    world.stdout,
    linesText(
      columns([
        ['recipe', found.name],
        ['names', names.join(' ')],
        ['architectures', found.arches.join(' ')],
        ...rows,
      ]),
    ),
  );
}

/** A recipe of what the sources are of, with their keys, to be kept and changed. */
async function from({ operands, flags }: Arguments, world: World): Promise<void> {
  const origin = await originOf(
    { operands: ['', '', ...operands.slice(1)], flags },
    { ...world, now: new Date(), processors: 1 },
  );
  const like = flags.like === null ? null : await likedSource(flags.like, world);
  const found = await derived({ suite: null, like, asPockets: true }, origin, world);
  await write(world.stdout, await recipeText(found, formOf(found)));
}

function formOf({ family }: Recipe): RecipeForm {
  return RECIPE_FORMS[family]!;
}
