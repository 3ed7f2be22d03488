/** A recipe for a suite that has none, from its sources and what their signed Releases say. */
import { MkbaseError } from '../../../errors.ts';
import { armorKeyring, fingerprintOf, type Keyring, readKeyring } from '../../../formats/openpgp.ts';
import { allInOrder } from '../../../promises.ts';
import type { RecipeSource } from '../../../recipe/recipe-source.ts';
import type { KeyFile } from '../../../recipe/recipes.ts';
import type { DeriveRequest, PlanIo } from '../../family.ts';
import { hostArch } from '../../host-arch.ts';
import type { Release } from '../archive/release.ts';
import type { Repository } from '../archive/repository.ts';
import { keysOfFile } from '../archive/signed-by.ts';
import { findRelease, type TrustedRelease } from '../archive/signed-release.ts';
import { readLists, userRepositories } from '../archive/user-sources.ts';
import type { AptSource, PocketSource } from '../recipe.ts';

interface Found {
  readonly repository: Repository;
  readonly trusted: TrustedRelease;
}

/**
 * The suite as its sources have it: architectures and components of the Release that is of the suite, the
 * distribution after its `Origin`. A mirror becomes the pocket `release`; other sources stay the user's own,
 * and become pockets where `asPockets` says so.
 *
 * @throws MkbaseError `signature/…`, `recipe/not-of-suite`, `recipe/two-distributions`, `usage/bad-source`
 */
export async function deriveRecipe(request: DeriveRequest, { http, store }: PlanIo): Promise<RecipeSource> {
  const { origin, like, asPockets } = request;
  const repositories = repositoriesOf(request);
  for (const repository of repositories) await checkKeys(repository, request.suite ?? repository.suite);
  const found = await allInOrder(
    repositories.map(async (repository) => ({
      repository,
      trusted: await findRelease(repository, { http, store, offline: origin.offline }, origin),
    })),
  );
  const suite = request.suite ?? found[0]!.trusted.release.codename ?? found[0]!.repository.suite;
  const own = found.filter(({ trusted: { release } }) => [release.suite, release.codename].includes(suite));
  const isFree = request.suite === null || origin.checksOff.includes('suite');
  if (own.length === 0 && !isFree) throw notOfSuite(suite, found);
  const [{ trusted }] = [...own, ...found] as [Found];
  const names = new Set(own.map(({ trusted: { release } }) => distributionOf(release.origin)));
  if (names.size > 1) throw twoDistributions(suite, [...names]);
  const { release } = trusted;
  const { mirror } = origin;
  const { pockets, ...keys } = asPockets
    ? await asRecipe(found, own[0] ?? found[0]!)
    : { pockets: mirror === null ? {} : releaseAt(suite, repositories[0]!) };
  const arches = release.architectures.filter(isArchitecture);
  return {
    family: 'apt',
    distribution: distributionOf(release.origin) ?? like?.distribution ?? suite.toLowerCase(),
    suite,
    // Without a check of the name, the suite is the one of the first source.
    ...(own.length === 0 && { aliases: namesOf(release) }),
    arches: arches.length > 0 ? arches : [origin.arch ?? hostArch()],
    components: componentsOf(release.components),
    ...(like === null && { keys: [] }),
    ...keys,
    pockets: {
      ...Object.fromEntries(
        Object.keys((like as AptSource | null)?.pockets ?? {}).map((name) => [name, null]),
      ),
      ...pockets,
    },
  };
}

function releaseAt(suite: string, { mirrorList }: Repository): Pockets {
  return { release: { suite, mirrors: { default: [mirrorList.official] } } };
}

/** `amd64v3` of Ubuntu is an index of variants of packages, which are of `amd64`. */
function isArchitecture(name: string): boolean {
  return name !== 'all' && name !== 'source' && !/^amd64v\d$/.test(name);
}

function repositoriesOf({ suite, origin, like }: DeriveRequest): readonly Repository[] {
  const { arch, mirror, sources, checksOff } = origin;
  const components = like?.components ?? ['main'];
  const given = [...(mirror === null ? [] : [{ kind: 'url', url: mirror } as const]), ...sources];
  const keyring = usualKeys(origin.keyrings, like);
  keyring.catch(() => {});
  const settings = {
    suite: suite ?? '',
    components,
    arch: arch ?? hostArch(),
    keyring,
    checksOff,
    taken: [],
  };
  return userRepositories(readLists(given, settings), settings);
}

async function usualKeys(files: readonly string[], like: RecipeSource | null): Promise<Keyring> {
  const { keys: liked = [] } = (like ?? {}) as AptSource;
  const keyrings =
    files.length > 0
      ? files.map((path) => keysOfFile({ path }))
      : liked.map(({ name, bytes }) => readKeyring(bytes, name));
  return (await Promise.all(keyrings)).flat();
}

async function checkKeys({ checksOff, keyring, userUri }: Repository, suite: string): Promise<void> {
  if (checksOff.includes('signature') || (await keyring).length > 0) return;
  throw new MkbaseError('signature/no-key', `there is no key for \`${suite}\` of \`${userUri}\``, {
    hint: 'name the keys that sign it: `[signed-by=FILE]` in the line, or `--keyring FILE`',
  });
}

/** `Kali` is `kali`; null where the archive does not say. */
function distributionOf(origin: string | undefined): string | null {
  const name = (origin ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return name === '' ? null : name;
}

/** `main` where it exists; `updates/main` counts as it. */
function componentsOf(components: readonly string[]): readonly string[] {
  const plain = components.map((component) => component.replace(/^.*\//, ''));
  return plain.includes('main') || plain.length === 0 ? ['main'] : plain;
}

type Pockets = Readonly<Record<string, PocketSource>>;

/** Each source as a pocket. One whose keys are not those of the suite has its own, in an archive of its own. */
async function asRecipe(
  found: readonly Found[],
  suite: Found,
): Promise<AptSource & { readonly pockets: Pockets }> {
  const ordered = [suite, ...found.filter((one) => one !== suite)];
  const files = await Promise.all(ordered.map(async ({ repository }) => keyFiles(await repository.keyring)));
  const [keys] = files as [readonly KeyFile[]];
  const pockets = ordered.map(({ repository: { name, suite, components, mirrorList } }, index) => {
    const own = files[index]!;
    const isApart = own.some((file) => !keys.some((other) => other.name === file.name));
    return [
      index === 0 ? 'release' : name.toLowerCase(),
      {
        ...{ suite, components, mirrors: { default: [mirrorList.official] } },
        ...(isApart && { keys: own, separate: { signedBy: null } }),
      },
    ] as const;
  });
  const names = keys.map(({ name }) => name);
  return { keys, image: { ownKeys: names }, pockets: Object.fromEntries(pockets) };
}

/** A file a key. */
async function keyFiles(keyring: Keyring): Promise<readonly KeyFile[]> {
  const texts = new Map(keyring.map((key) => [fingerprintOf(key), armorKeyring([key])]));
  return Promise.all(
    [...texts].map(async ([name, text]) => ({ name: `${name}.asc`, bytes: Buffer.from(await text) })),
  );
}

function namesOf({ suite, codename }: Release): string[] {
  return [suite, codename].filter((name) => name !== undefined);
}

function notOfSuite(suite: string, found: readonly Found[]): MkbaseError {
  const names = new Set(found.flatMap(({ trusted: { release } }) => namesOf(release)));
  const listed = [...names].map((name) => `\`${name}\``);
  return new MkbaseError(
    'recipe/not-of-suite',
    `the sources are of ${listed.join(', ') || 'no suite'} and not of \`${suite}\``,
    {
      hint: 'name the suite as its Release does, by `Suite` or `Codename`; `--no-check-suite` takes any name',
    },
  );
}

function twoDistributions(suite: string, names: readonly (string | null)[]): MkbaseError {
  const listed = names.map((name) => `\`${name ?? 'no name'}\``).join(' and ');
  return new MkbaseError('recipe/two-distributions', `the sources of \`${suite}\` are of ${listed}`, {
    hint: 'give the sources of one distribution, and say the rest in a recipe: `mkbase recipe show NAME`',
  });
}
