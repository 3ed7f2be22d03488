import { MkbaseError } from '../../../errors.ts';
import type { Job } from '../../../job.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import type { AptRecipe } from '../recipe.ts';
import { hasArchitecture, readIndexes } from './index-files.ts';
import type { PackagesIndex } from './packages-index.ts';
import type { Repository } from './repository.ts';
import { findRelease, type ReleaseIo, type TrustedRelease } from './signed-release.ts';

/** A repository whose Release was found good. */
export interface TrustedRepository {
  readonly repository: Repository;
  readonly trusted: TrustedRelease;
}

export interface OpenRepository extends TrustedRepository {
  /** Its `Packages` files; null where it has none for the architecture. */
  readonly indexes: readonly PackagesIndex[] | null;
}

/**
 * Reads the `Packages` files that its Release names: both anew where the mirror was updated between
 * them.
 */
export async function openRepository(
  { repository, trusted: found }: TrustedRepository,
  { job, recipe }: { readonly job: Job; readonly recipe: LoadedRecipe<AptRecipe> },
  io: ReleaseIo,
): Promise<OpenRepository> {
  const { suite, arch, components } = repository;
  const read = async (trusted: TrustedRelease): Promise<OpenRepository> => {
    const where = { suite, arch, components, mirrors: trusted.mirrors, store: io.store };
    // As apt, which only notes it: of an architecture the security updates end before the suite does.
    const isDispensable = !isSuite({ repository, trusted }, recipe);
    if (isDispensable && !hasArchitecture(trusted.release, where)) {
      return { repository, trusted, indexes: null };
    }
    return { repository, trusted, indexes: await readIndexes(trusted.release, where) };
  };
  try {
    return await read(found);
  } catch (error) {
    if (!isMismatch(error) || io.offline) throw error;
    // The mirror may have been updated between the two: then its Release is another one by now.
    const again = await findRelease(repository, io, job);
    if (again.digest === found.digest) throw error;
    return read(again);
  }
}

/** Whether it is what the variants' packages are read from: the suite itself, and not what goes beside it. */
export function isSuite({ repository, trusted }: TrustedRepository, { suite, aliases }: AptRecipe): boolean {
  if (repository.userUri === null) return repository.name === 'release';
  const { release } = trusted;
  return [suite, ...aliases].some((name) => name === release.suite || name === release.codename);
}

function isMismatch(error: unknown): boolean {
  return error instanceof MkbaseError && ['package/wrong-size', 'package/wrong-hash'].includes(error.code);
}
