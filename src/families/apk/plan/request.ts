import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { MkbaseError, quoted } from '../../../errors.ts';
import type { Job } from '../../../job.ts';
import { archOf } from '../../../recipe/arch.ts';
import type { KeyFile, LoadedRecipe } from '../../../recipe/recipes.ts';
import { hostArch } from '../../host-arch.ts';
import { LOCAL } from '../../local-files.ts';
import { checkedMirror } from '../../mirror-address.ts';
import { componentRepositories, type Repository, userRepositories } from '../archive/repositories.ts';
import { type ApkKey, readApkKey } from '../archive/signature.ts';
import type { IndexRequest } from '../archive/trusted-index.ts';
import { sortWorld } from '../choose/world.ts';
import { type Dependency, parseDependency } from '../package/dependency.ts';
import { PLATFORMS } from '../package/platforms.ts';
import type { ApkRecipe, ApkVariant } from '../recipe.ts';
import { type LocalPackage, readLocalPackages, worldEntry } from './local-packages.ts';

/** A job with all that the recipe decides where the user did not. */
export interface ApkRequest extends IndexRequest {
  readonly variant: ApkVariant;
  /** The recipe's, where repositories of the user's own do not take their place. */
  readonly components: readonly string[];
  /** In the order of `etc/apk/repositories`. */
  readonly repositories: readonly Repository[];
  /** Package files of this machine. */
  readonly local: readonly LocalPackage[];
  /** The content of `etc/apk/world`, in apk's order. */
  readonly world: readonly Dependency[];
}

/** @throws MkbaseError `usage/unknown-architecture`, `usage/bad-mirror`, `usage/bad-include`, `signature/…` */
export async function requestFrom(job: Job, recipe: LoadedRecipe<ApkRecipe>): Promise<ApkRequest> {
  const arch = archOf(recipe, job.arch ?? hostArch(), PLATFORMS);
  const variant = job.variant as ApkVariant;
  const keys = await keysOf(job, recipe, arch);
  const local = await readLocalPackages(job.localPackages, arch, keys);
  const files = local.map((one) => worldEntry(one.package));
  return {
    ...{ job, recipe, arch, variant, keys, local },
    components: componentsOf(job, recipe),
    repositories: repositoriesOf(job, recipe, arch),
    world: sortWorld([...worldOf(job, recipe.worlds[variant]), ...files]),
  };
}

/** The package that the recipe names for the files that say what release it is; null where the base has none such. */
export function releaseFilesOf({ recipe, variant }: Pick<ApkRequest, 'recipe' | 'variant'>): string | null {
  return variant === 'minirootfs' ? recipe.image.releaseFiles : null;
}

/** The user's replaces all others. */
export function mirrorsOf({ mirror }: Job, { mirrors }: ApkRecipe, arch: string): readonly string[] {
  return mirror === null ? (mirrors[arch] ?? mirrors.default) : [checkedMirror(mirror)];
}

/** The user's own come last. */
function repositoriesOf(job: Job, recipe: ApkRecipe, arch: string): readonly Repository[] {
  const { sources, checksOff } = job;
  const { branch } = recipe;
  const mirrors = mirrorsOf(job, recipe, arch);
  const components = componentsOf(job, recipe);
  return [
    ...componentRepositories(components, { branch, mirrors }),
    ...userRepositories(sources, {
      taken: [LOCAL, ...components],
      checksOff: checksOff.includes('trusted') ? ['signature'] : [],
    }),
  ];
}

function componentsOf({ components, sourcesOnly }: Job, recipe: ApkRecipe): readonly string[] {
  if (sourcesOnly) return [];
  return components.length > 0 ? components : recipe.components;
}

/** The user's come beside the recipe's: apk, too, takes every key that it finds, each by its name. */
export async function keysOf(
  { checksOff, keyrings }: Job,
  recipe: LoadedRecipe<ApkRecipe>,
  arch: string,
): Promise<readonly ApkKey[] | null> {
  if (checksOff.includes('signature')) return null;
  const given = await Promise.all(
    keyrings.map(async (file) => ({ name: basename(file), bytes: await readFile(file) })),
  );
  const names = recipe.keys[arch] ?? [];
  const files: readonly KeyFile[] = [
    ...given,
    ...recipe.keyFiles.filter(({ name }) => names.includes(name) && !given.some((one) => one.name === name)),
  ];
  if (files.length > 0) return files.map(readApkKey);
  throw new MkbaseError('signature/no-key', `there is no key for \`${arch}\` of \`${recipe.name}\``, {
    hint: 'give the public key that signs its index, under its own name, with `--keyring FILE`',
  });
}

function worldOf({ include, exclude }: Job, world: readonly string[]): readonly Dependency[] {
  return [...world, ...include, ...exclude.map((name) => `!${name}`)].map((text) => {
    const dependency = parseDependency(text);
    if (dependency !== null) return dependency;
    throw new MkbaseError('usage/bad-include', `${quoted(text)} is not an entry of a world`, {
      hint: 'write a name, or one with a version as in `musl>=1.2`, apk-world(5)',
    });
  });
}
