/**
 * Locks of version 1: they name a recipe and leave it to say the rest. An image made from one knows it by its
 * digests, so that it is written again as it was.
 */
import type { Recipe } from '../recipe/recipe.ts';
import { findRecipe } from '../recipe/recipes.ts';
import {
  digestOf,
  type Lock,
  type LockedFamily,
  type LockedImage,
  type LockedIndex,
  type LockedOptions,
} from './lock.ts';
import type { LockSections } from './section.ts';

/** As docs/lock.v1.schema.json has it: the family's options and image stand among all others, by its name. */
export interface LockV1
  extends Omit<Lock, 'version' | 'recipe' | 'family' | 'options' | 'image' | 'indexes'> {
  readonly version: 1;
  readonly recipe: { readonly name: string; readonly digest: string };
  readonly options: LockedOptions & ByFamily;
  readonly image: LockedImage & ByFamily;
  readonly indexes: readonly IndexV1[];
}

interface ByFamily {
  readonly [family: string]: unknown;
}

interface IndexV1 extends Omit<LockedIndex, 'uri' | 'origin' | 'snapshots' | 'separate' | 'own'> {
  readonly own?: { readonly uri: string } & NonNullable<LockedIndex['own']>;
}

/** A lock of version 1 with what its recipe says of the suite, and of where it is. */
export function fromVersion1(old: LockV1, sections: LockSections): Lock {
  const { recipe, options, image, indexes, ...rest } = old;
  const [name, section] = Object.entries(sections).find(([name]) => image[name] !== undefined) ?? [];
  if (name === undefined || section === undefined) return withoutFamily(old);
  const { [name]: familyOptions = {}, ...commonOptions } = options as ByFamily;
  const { [name]: familyImage, ...commonImage } = image as ByFamily;
  const found = findRecipe(recipe.name);
  const { distribution, suite, release } = found;
  return {
    ...rest,
    recipe: { ...recipe, distribution, suite, release },
    options: commonOptions as unknown as LockedOptions,
    image: commonImage as unknown as LockedImage,
    family: { name, options: familyOptions, image: familyImage } as LockedFamily,
    indexes: indexes.map((index) => withAddress(index, { found, section, arch: old.arch })),
  };
}

/** Nothing of a distribution is in an image of programs alone. */
function withoutFamily(old: LockV1): Lock {
  const [distribution = '', suite = ''] = old.recipe.name.split(':');
  return { ...old, recipe: { ...old.recipe, distribution, suite, release: null }, family: null, indexes: [] };
}

interface Known {
  readonly found: Recipe;
  readonly section: LockSections[string];
  readonly arch: string;
}

function withAddress({ own, ...index }: IndexV1, known: Known): LockedIndex {
  if (own === undefined) return { ...index, uri: officialAddress(index.pocket, known) };
  const { uri, checksOff } = own;
  return { ...index, uri, own: { checksOff } };
}

/** Components share that of their suite. */
function officialAddress(pocket: string, { found, section, arch }: Known): string {
  const repositories = section.repositoriesOf(found);
  const { mirrors } = repositories.find(({ name }) => name === pocket) ?? repositories[0]!;
  return (mirrors[arch] ?? mirrors.default)[0]!;
}

/** The same lock as its file had it. */
export function toVersion1(lock: Lock): LockV1 {
  const { recipe, options, image, family, indexes, ...rest } = lock;
  const { name, digest } = recipe;
  const hasOptions = family !== null && Object.keys(family.options).length > 0;
  return {
    ...rest,
    version: 1,
    recipe: { name, digest },
    options: { ...options, ...(hasOptions && { [family.name]: family.options }) },
    image: { ...image, ...(family !== null && { [family.name]: family.image }) },
    indexes: indexes.map(({ uri, origin: _, snapshots: _s, separate: _p, own, ...index }) => {
      return { ...index, ...(own !== undefined && { own: { uri, ...own } }) };
    }),
  };
}

/** The digests as they were computed for version 1: both covered the recipe's digest. */
export function digestsOfVersion1(lock: LockV1): { readonly inputs: string; readonly lock: string } {
  const { recipe, arch, variant, components, options, pathRules, image, checksOff } = lock;
  const indexes = lock.indexes.map(({ pocket, suite, digest, own }) => {
    return { pocket, suite, digest, ...(own !== undefined && { uri: own.uri }) };
  });
  const packages = lock.packages.map(({ name, version, arch, digest, reason, tag }) => {
    return { name, version, arch, digest, reason, ...(tag !== undefined && { tag }) };
  });
  const { scripts } = options;
  const debconfSelections = selectionsIn(options);
  return {
    inputs: digestOf({
      ...{ recipe, arch, variant, components, options, pathRules, image, checksOff, indexes },
    }),
    lock: digestOf({ recipe, arch, pathRules, image, scripts, debconfSelections, packages }),
  };
}

function selectionsIn(options: LockV1['options']): unknown {
  const sections = Object.values(options).filter((value) => typeof value === 'object' && value !== null);
  const found = sections.find((section) => 'debconfSelections' in section);
  return (found as { readonly debconfSelections?: unknown } | undefined)?.debconfSelections ?? null;
}
