import { basename } from 'node:path';
import type { LockContent } from '../../../lock/lock.ts';
import { isoTime } from '../../../time.ts';
import { imageChoices, lockedRecipe } from '../../locked.ts';
import { withoutCredentials } from '../../mirror-address.ts';
import { type Repository, repositoryLine } from '../archive/repositories.ts';
import type { TrustedIndex } from '../archive/trusted-index.ts';
import { type ApkFamily, officialMirror } from '../lock-section.ts';
import { type ApkRequest, releaseFilesOf } from './request.ts';
import { seedFiles } from './seed-files.ts';

export interface Found {
  readonly indexes: readonly TrustedIndex[];
  /** See ApkImage. */
  readonly releaseFiles: string | null;
}

/** A Lock without its packages: the request, and the other contents of the image. */
export function lockContent(
  request: ApkRequest,
  { indexes, releaseFiles }: Found,
): Omit<LockContent, 'packages'> {
  const { job, recipe, arch, variant, components, world } = request;
  return {
    recipe: lockedRecipe(recipe, { releaseFiles: releaseFilesOf(request) }),
    ...{ arch, variant, components },
    options: { include: job.include, exclude: job.exclude, scripts: job.scripts },
    pathRules: job.pathRules,
    image: {
      files: seedFiles({
        ...{ arch, world },
        repositories: request.repositories.flatMap((one) => imageLine(one, request) ?? []),
        keys: keysForImage(request, indexes),
      }),
      ...imageChoices(job),
    },
    family: {
      name: recipe.family,
      options: {},
      image: {
        rootPassword: recipe.image.rootPassword,
        releaseFiles,
        ...(recipe.image.apkTools === 3 && { apkTools: recipe.image.apkTools }),
      },
    } satisfies ApkFamily,
    indexes: indexes.map(({ repository: { name, own }, digest, newest, signedBy }) => ({
      ...{ pocket: name, suite: recipe.suite, uri: own?.uri ?? officialMirror(recipe, arch) },
      ...{ digest, date: isoTime(newest), signedBy },
      ...(own !== null && { own: { checksOff: own.checksOff } }),
    })),
    checksOff: job.checksOff,
    epoch: null,
  };
}

/** The user's addresses, where they can be reached from elsewhere; else the recipe's first. */
function imageLine(repository: Repository, { job, recipe, arch }: ApkRequest): string | null {
  const { folder, mirrors, own } = repository;
  const [given = ''] = mirrors;
  const isReachable = /^https?:/.test(given);
  if (own !== null) return isReachable ? repositoryLine(repository, own.uri) : null;
  const mirror =
    job.mirror !== null && isReachable ? withoutCredentials(given) : officialMirror(recipe, arch);
  return `${mirror}/${folder}`.replace(/\/$/, '');
}

/** Keys of the user's own that signed: the recipe's are in the distribution's own package of keys. */
function keysForImage({ job, keys }: ApkRequest, indexes: readonly TrustedIndex[]) {
  const given = job.keyrings.map((file) => basename(file));
  const signers = indexes.map(({ signedBy }) => signedBy);
  return (keys ?? []).filter(({ name }) => given.includes(name) && signers.includes(name));
}
