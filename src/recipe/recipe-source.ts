/** A recipe as its file says it, before all that it leaves out is filled in. */

import type { ApkRecipe, AptRecipe, Pocket, Recipe } from './recipe.ts';
import type { KeyFile } from './recipes.ts';

type Told = 'family' | 'keys' | 'pockets' | 'image';

export interface RecipeSource extends Partial<Omit<AptRecipe, Told> & Omit<ApkRecipe, Told>> {
  readonly family?: Recipe['family'];
  readonly keys?: readonly KeyFile[] | Readonly<Record<string, readonly KeyFile[]>>;
  readonly pockets?: PocketSources;
  readonly image?: Partial<AptRecipe['image'] & ApkRecipe['image']>;
}

/** By name; null takes one away. */
type PocketSources = Readonly<Record<string, PocketSource | null>>;

/** Without a suite: that of the recipe, with the pocket's name after it where that is not `release`. */
export type PocketSource = Omit<Pocket, 'name' | 'suite'> & { readonly suite?: string };

/**
 * `own` over `base`. Names, release and end of life are a recipe's own. A pocket that names mirrors replaces
 * the one of its name; maps of variants and of the image are joined; all else is replaced as a whole.
 */
export function mergedOver(base: RecipeSource, own: RecipeSource): RecipeSource {
  const { suite: _, release: _r, aliases: _a, endOfLife: _e, ...shared } = withSuites(base);
  return {
    ...shared,
    ...own,
    ...joined('extra', shared, own),
    ...joined('worlds', shared, own),
    ...((shared.pockets ?? own.pockets) !== undefined && {
      pockets: mergedPockets(shared.pockets, own.pockets),
    }),
    ...((shared.image ?? own.image) !== undefined && { image: mergedImage(shared.image, own.image) }),
  };
}

type Joinable = 'extra' | 'worlds';

function joined(name: Joinable, base: RecipeSource, own: RecipeSource): Partial<RecipeSource> {
  if (base[name] === undefined && own[name] === undefined) return {};
  return { [name]: { ...base[name], ...own[name] } };
}

function mergedPockets(base: PocketSources = {}, own: PocketSources = {}): PocketSources {
  const changed = Object.entries(own).map(([name, pocket]) => {
    const before = base[name];
    return [name, pocket?.mirrors || !pocket || !before ? pocket : { ...before, ...pocket }] as const;
  });
  return { ...base, ...Object.fromEntries(changed) };
}

type ImageSource = NonNullable<RecipeSource['image']>;

function mergedImage(base: ImageSource = {}, own: ImageSource = {}): ImageSource {
  return {
    ...base,
    ...own,
    ...((base.settings ?? own.settings) && { settings: { ...base.settings, ...own.settings } }),
    ...((base.docker ?? own.docker) && { docker: { ...DOCKER, ...base.docker, ...own.docker } }),
  };
}

/** The same for another suite of the distribution, whose pockets are called after it. */
export function renamed(source: RecipeSource, suite: string): RecipeSource {
  const { suite: before = '', pockets = {} } = source;
  const named = Object.entries(pockets).map(([name, pocket]) => {
    if (pocket === null) return [name, null] as const;
    const { lastReleases: _, ...kept } = pocket;
    const place = kept.suite ?? suiteOf(name, before);
    return [
      name,
      { ...kept, suite: place.startsWith(before) ? suite + place.slice(before.length) : place },
    ] as const;
  });
  return {
    ...mergedOver(source, { suite }),
    ...(source.pockets !== undefined && { pockets: Object.fromEntries(named) }),
    ...(source.branch !== undefined && { branch: source.branch === before ? suite : source.branch }),
  };
}

/** The pockets of a suite keep their suites in what is like it. */
function withSuites(source: RecipeSource): RecipeSource {
  const { suite, pockets } = source;
  if (suite === undefined || pockets === undefined) return source;
  const named = Object.entries(pockets).map(
    ([name, pocket]) => [name, pocket && { suite: suiteOf(name, suite), ...pocket }] as const,
  );
  return { ...source, pockets: Object.fromEntries(named) };
}

function suiteOf(pocket: string, suite: string): string {
  return pocket === 'release' ? suite : `${suite}-${pocket}`;
}

const DOCKER: AptRecipe['image']['docker'] = { gzipOrder: false, pathRules: [] };
const ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

const COMMON = { release: null, aliases: [], endOfLife: null };

const DEFAULTS: Readonly<Record<Recipe['family'], RecipeSource>> = {
  apt: {
    components: ['main'],
    preferences: [],
    extra: {},
    withoutRequired: [],
    solver: 'apt',
    splitUsr: [],
    silenced: [],
    image: {
      settings: { env: ENV, cmd: ['bash'] },
      sourcesStyle: 'deb822',
      signedBy: null,
      docker: DOCKER,
    },
  },
  apk: {
    signsWithSha1: false,
    image: { settings: { env: ENV, cmd: ['/bin/sh'] }, rootPassword: '*', releaseFiles: null, apkTools: 3 },
  },
};

/** With the defaults of its family, every pocket's suite, and no pocket that was taken away. */
export function completed(source: RecipeSource): RecipeSource {
  const { family = 'apt', suite = '' } = source;
  const { pockets, ...rest } = withSuites({ ...COMMON, ...mergedOver(DEFAULTS[family], source) });
  const left = Object.entries(pockets ?? {}).filter(([, pocket]) => pocket !== null);
  return {
    ...rest,
    ...(family === 'apk' && { branch: source.branch ?? suite }),
    ...(pockets !== undefined && { pockets: Object.fromEntries(left) }),
  };
}

/** What is {@link completed} as the value that the program uses, and its keys. */
export function recipeOf(source: RecipeSource): {
  readonly recipe: Recipe;
  readonly keyFiles: readonly KeyFile[];
} {
  const { keys = [], pockets = {}, ...rest } = source;
  const names = isList(keys)
    ? keys.map(({ name }) => name)
    : Object.fromEntries(Object.entries(keys).map(([arch, files]) => [arch, files.map(({ name }) => name)]));
  const recipe = {
    ...rest,
    keys: names,
    ...(source.family === 'apt' && {
      pockets: Object.entries(pockets).map(([name, pocket]) => ({ name, ...pocket })),
    }),
  };
  const files = isList(keys) ? keys : Object.values(keys).flat();
  return { recipe: recipe as unknown as Recipe, keyFiles: uniqueByName(files) };
}

/** A recipe as a file would say it. */
export function sourceOf(recipe: Recipe, keyFiles: readonly KeyFile[]): RecipeSource {
  const filesOf = (names: readonly string[]) =>
    names.flatMap((name) => keyFiles.find((file) => file.name === name) ?? []);
  if (recipe.family === 'apk') {
    const keys = Object.entries(recipe.keys).map(([arch, names]) => [arch, filesOf(names)] as const);
    return { ...recipe, keys: Object.fromEntries(keys) };
  }
  const pockets = recipe.pockets.map(({ name, ...pocket }) => [name, pocket] as const);
  return { ...recipe, keys: filesOf(recipe.keys), pockets: Object.fromEntries(pockets) };
}

function isList<Item>(
  value: readonly Item[] | Readonly<Record<string, readonly Item[]>>,
): value is readonly Item[] {
  return Array.isArray(value);
}

function uniqueByName(files: readonly KeyFile[]): readonly KeyFile[] {
  return [...new Map(files.map((file) => [file.name, file])).values()];
}
