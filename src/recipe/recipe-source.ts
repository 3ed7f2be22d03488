/** A recipe as its file says it, before all that it leaves out is filled in. */

import type { Path, RecipeForm } from './form.ts';
import type { Recipe } from './recipe.ts';
import type { KeyFile } from './recipes.ts';

/** A recipe as data. Only its family understands what the family adds. Keys have been read from their files. */
export interface RecipeSource extends Partial<Omit<Recipe, 'keyNames' | 'image'>> {
  readonly image?: Partial<Recipe['image']>;
  readonly [member: string]: unknown;
}

/** The maps of all recipes whose members are joined. */
const JOINED: readonly Path[] = [['image', 'settings']];

/**
 * `own` over `base`. Names, release and end of life are a recipe's own. Some maps are joined; all else is
 * replaced as a whole, where the family does not say more.
 */
export function mergedOver(base: RecipeSource, own: RecipeSource, form: RecipeForm): RecipeSource {
  const settled = form.settled?.(base) ?? base;
  const { suite: _, release: _r, system: _s, aliases: _a, endOfLife: _e, ...shared } = settled;
  return { ...joined(shared, own, [...JOINED, ...form.joined]), ...form.merged?.(shared, own) };
}

type Members = Readonly<Record<string, unknown>>;

/** `own` over `base`, with the maps at `paths` joined in the same way. */
function joined(base: Members, own: Members, paths: readonly Path[]): Members {
  const both = [...new Set(paths.map(([first]) => first!))].filter((name) => base[name] && own[name]);
  const maps = both.map((name) => {
    const below = paths.filter(([first, ...rest]) => first === name && rest.length > 0);
    const inner = below.map(([, ...rest]) => rest);
    return [name, joined(base[name] as Members, own[name] as Members, inner)] as const;
  });
  return { ...base, ...own, ...Object.fromEntries(maps) };
}

/** The same for another suite of the distribution. */
export function renamed(source: RecipeSource, suite: string, form: RecipeForm): RecipeSource {
  return { ...mergedOver(source, { suite }, form), ...form.renamed?.(source, suite) };
}

const COMMON = { release: null, aliases: [], endOfLife: null };

/** With the defaults of its family, and what follows from the rest. */
export function completed(source: RecipeSource, form: RecipeForm): RecipeSource {
  const whole = { ...COMMON, ...mergedOver(form.defaults, source, form) };
  return { ...whole, ...form.completed?.(whole) };
}

/** The {@link completed} recipe as the value that the program uses, and its keys. */
export function recipeOf(
  source: RecipeSource,
  form: RecipeForm,
): { readonly recipe: Recipe; readonly keyFiles: readonly KeyFile[] } {
  const keyFiles = [...new Map(keysIn(source, form).map((file) => [file.name, file])).values()];
  const named = mapKeys(source, form, (list: readonly KeyFile[]) => list.map(({ name }) => name));
  const value = { ...(form.toRecipe?.(named) ?? named), keyNames: keyFiles.map(({ name }) => name) };
  return { recipe: value as unknown as Recipe, keyFiles };
}

/** All its keys, one more than once where several parts have it. */
export function keysIn(source: RecipeSource, form: RecipeForm): readonly KeyFile[] {
  return form.keyLists(source).flatMap((path) => at(source, path) as readonly KeyFile[]);
}

/** A recipe as a file would say it. */
export function sourceOf(recipe: Recipe, keyFiles: readonly KeyFile[], form: RecipeForm): RecipeSource {
  const { keyNames: _, ...named } = (form.toSource?.(recipe) ?? recipe) as RecipeSource & Recipe;
  return mapKeys(named, form, (names: readonly string[]) =>
    names.flatMap((name) => keyFiles.find((file) => file.name === name) ?? []),
  );
}

/** The source with something else in the place of each of its lists of keys. */
export function mapKeys<Key>(
  source: RecipeSource,
  form: RecipeForm,
  change: (list: readonly Key[], path: Path) => unknown,
): RecipeSource {
  return form
    .keyLists(source)
    .reduce((whole, path) => withAt(whole, path, change(at(source, path) as readonly Key[], path)), source);
}

/** As {@link mapKeys}, where that takes its time. */
export async function mapKeysLater<Key>(
  source: RecipeSource,
  form: RecipeForm,
  change: (list: readonly Key[], path: Path) => Promise<unknown>,
): Promise<RecipeSource> {
  const paths = form.keyLists(source);
  const changed = await Promise.all(paths.map((path) => change(at(source, path) as readonly Key[], path)));
  return paths.reduce((whole, path, index) => withAt(whole, path, changed[index]), source);
}

function at(value: unknown, path: Path): unknown {
  return path.reduce((inner, step) => (inner as Members)[step], value);
}

function withAt<Whole>(whole: Whole, [first, ...rest]: Path, value: unknown): Whole {
  if (first === undefined) return value as Whole;
  return { ...whole, [first]: withAt((whole as Members)[first], rest, value) };
}
