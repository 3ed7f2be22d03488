import { readFile } from 'node:fs/promises';
import { MkbaseError } from '../../../errors.ts';
import { type Keyring, readKeyring } from '../../../formats/openpgp.ts';
import type { Job } from '../../../job.ts';
import { archOf } from '../../../recipe/arch.ts';
import type { KeyFile, LoadedRecipe } from '../../../recipe/recipes.ts';
import { type PathRule, parsePathRules } from '../../../rootfs/exclusions.ts';
import { hostArch } from '../../host-arch.ts';
import { LOCAL } from '../../local-files.ts';
import type { Lending } from '../archive/host-sources.ts';
import { mirrorListOf } from '../archive/mirrors.ts';
import { pocketRepository, type Repository } from '../archive/repository.ts';
import { snapshotMirrors } from '../archive/snapshot.ts';
import { readLists, type SourceList, userRepositories } from '../archive/user-sources.ts';
import type { AptRecipe, AptVariant, Pocket, Solver } from '../recipe.ts';
import { type LocalPackage, readLocalPackages } from './local-packages.ts';

/** A job with all that the recipe decides where the user did not. */
export interface AptRequest {
  readonly job: Job;
  readonly recipe: LoadedRecipe<AptRecipe>;
  readonly arch: string;
  readonly variant: AptVariant;
  readonly solver: Solver;
  readonly components: readonly string[];
  /** The recipe's, where sources of the user's own do not take their place. */
  readonly pockets: readonly Pocket[];
  /** Sources of the user's own. */
  readonly lists: readonly SourceList[];
  /** The keys of repositories that name none of their own. */
  readonly keyring: Promise<Keyring>;
  /** By pocket, of those that have some of their own. */
  readonly pocketKeys: ReadonlyMap<string, Promise<Keyring>>;
  /** Those of Docker's settings first. */
  readonly rules: readonly PathRule[];
  /** Package files of this machine. */
  readonly local: readonly LocalPackage[];
}

/** @throws MkbaseError `usage/unknown-architecture`, `usage/unknown-pocket`, `usage/bad-source`, `package/…` */
export async function requestFrom(job: Job, recipe: LoadedRecipe<AptRecipe>): Promise<AptRequest> {
  const arch = archOf(recipe, job.arch ?? hostArch());
  const components = job.components.length > 0 ? job.components : recipe.components;
  const pockets = job.sourcesOnly ? [] : pocketsOf(job, recipe);
  const lists = readLists(job.sources, { suite: recipe.suite, components });
  const keyring = allowedKeys(job, recipe);
  const pocketKeys = new Map(
    pockets.flatMap(({ name, keys }) => (keys === undefined ? [] : [[name, keysNamed(keys, job, recipe)]])),
  );
  // They are awaited where a signature is checked; without that, nobody else would hear of their failure.
  for (const keys of [keyring, ...pocketKeys.values()]) keys.catch(() => {});
  return {
    ...{ job, recipe, arch, components, pockets, lists, keyring, pocketKeys },
    variant: job.variant as AptVariant,
    solver: (job.solver as Solver | null) ?? recipe.solver,
    local: await readLocalPackages(job, arch),
    rules: parsePathRules([...(job.dockerSettings ? recipe.image.docker.pathRules : []), ...job.pathRules]),
  };
}

function pocketsOf(job: Job, recipe: AptRecipe): readonly Pocket[] {
  const names = recipe.pockets.map(({ name }) => name);
  const unknown = job.pockets.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MkbaseError('usage/unknown-pocket', `\`${recipe.suite}\` has no pocket \`${unknown}\``, {
      hint: `it has ${names.join(', ')}: name them with \`--pockets\``,
    });
  }
  return recipe.pockets.filter(({ name }) => job.pockets.length === 0 || job.pockets.includes(name));
}

async function allowedKeys(job: Job, recipe: LoadedRecipe<AptRecipe>): Promise<Keyring> {
  if (job.checksOff.includes('signature')) return [];
  const files =
    job.keyrings.length === 0
      ? usualKeyFiles(recipe)
      : await Promise.all(job.keyrings.map(async (name) => ({ name, bytes: await readFile(name) })));
  return readKeyrings(files);
}

/** All but those that are a pocket's alone. */
export function usualKeyFiles({ keys, keyFiles, pockets }: LoadedRecipe<AptRecipe>): readonly KeyFile[] {
  const apart = pockets.flatMap((pocket) => pocket.keys ?? []);
  return keyFiles.filter(({ name }) => keys.includes(name) || !apart.includes(name));
}

/** The keys of a pocket, which `--keyring` does not replace: it replaces those of the recipe. */
async function keysNamed(
  names: readonly string[],
  { checksOff }: Job,
  { keyFiles }: LoadedRecipe<AptRecipe>,
): Promise<Keyring> {
  if (checksOff.includes('signature')) return [];
  return readKeyrings(keyFiles.filter(({ name }) => names.includes(name)));
}

export async function readKeyrings(files: readonly KeyFile[]): Promise<Keyring> {
  return (await Promise.all(files.map(({ bytes, name }) => readKeyring(bytes, name)))).flat();
}

/** All that packages are chosen from, in the order of apt's sources. */
export function repositoriesOf(request: AptRequest, lent: Lending): Repository[] {
  const { job, recipe, arch, components, keyring } = request;
  const { checksOff, mirror, snapshot: moment } = job;
  const { suite } = recipe;
  const pockets = request.pockets.map((pocket) => {
    const mirrorList =
      moment === null
        ? mirrorListOf(pocket, { arch, hostArch: hostArch(), mirror, lent: lent(pocket) })
        : snapshotMirrors(pocket, { arch, mirror, moment });
    const own = job.components.length > 0 ? components : (pocket.components ?? components);
    return pocketRepository(pocket, {
      recipe,
      components: own,
      arch,
      mirrorList,
      keyring: request.pocketKeys.get(pocket.name) ?? keyring,
      checksOff,
      moment,
    });
  });
  const taken = [LOCAL, ...pockets.map(({ name }) => name)];
  const settings = { suite, components, arch, keyring, checksOff, taken };
  return [...pockets, ...userRepositories(request.lists, settings)];
}
