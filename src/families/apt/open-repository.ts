import { MkbaseError } from '../../errors.ts';
import { readIndexes } from './index-files.ts';
import type { PackagesIndex } from './packages-index.ts';
import type { Repository } from './repository.ts';
import type { AptRequest } from './request.ts';
import { findRelease, type ReleaseIo, type TrustedRelease } from './signed-release.ts';

/** A repository whose Release was found good. */
export interface TrustedRepository {
  readonly repository: Repository;
  readonly trusted: TrustedRelease;
}

export interface OpenRepository extends TrustedRepository {
  /** Its `Packages` files. */
  readonly indexes: readonly PackagesIndex[];
}

/**
 * Its Release, and the `Packages` files that this names: both anew where the mirror was updated between
 * them.
 */
export async function openRepository(
  repository: Repository,
  { job, arch }: Pick<AptRequest, 'job' | 'arch'>,
  io: ReleaseIo,
): Promise<OpenRepository> {
  const { suite, components } = repository;
  const read = async (trusted: TrustedRelease): Promise<OpenRepository> => {
    const where = { suite, arch, components, rungs: trusted.rungs, store: io.store };
    return { repository, trusted, indexes: await readIndexes(trusted.release, where) };
  };
  const trusted = await findRelease(repository, io, job);
  try {
    return await read(trusted);
  } catch (error) {
    if (!isMismatch(error) || io.offline) throw error;
    // The mirror may have been updated between the two: then its Release is another one by now.
    const again = await findRelease(repository, io, job);
    if (again.digest === trusted.digest) throw error;
    return read(again);
  }
}

function isMismatch(error: unknown): boolean {
  return error instanceof MkbaseError && ['package/wrong-size', 'package/wrong-hash'].includes(error.code);
}
