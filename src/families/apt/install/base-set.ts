/**
 * The packages of a variant itself. The set is complete before anything is added to it: a base with more packages
 * begins as the base without them, whatever these are (decision 185).
 */
import type { LockedPackage } from '../../../lock/lock.ts';
import type { InstallJob } from '../../family.ts';
import { aptFamily } from '../lock-section.ts';
import type { Control } from '../package/control.ts';
import { withNeeds } from './install-order.ts';

export interface Member {
  readonly item: LockedPackage;
  readonly control: Control;
}

/** Splits packages, with the Essential set as `first`, into the variant's with their dependencies, and the added ones. */
export function splitBase<P extends Member>(
  { first, rest }: { readonly first: readonly P[]; readonly rest: readonly P[] },
  job: Pick<InstallJob, 'included' | 'family'>,
): { readonly base: readonly P[]; readonly added: readonly P[] } {
  const isRoot = isVariants(job);
  const packages = [...first, ...rest];
  const base = new Set(
    withNeeds(
      packages.filter(({ item }) => isRoot(item)),
      packages,
    ),
  );
  return { base: rest.filter((one) => base.has(one)), added: rest.filter((one) => !base.has(one)) };
}

/** Whether the variant asks for a package itself, and not the user, or another package. */
export function isVariants({
  included,
  family,
}: Pick<InstallJob, 'included' | 'family'>): (item: LockedPackage) => boolean {
  const { local } = aptFamily({ family }).options;
  const named = new Set(included.map((entry) => entry.replace(/[:=/].*$/s, '')));
  return ({ name, digest, reason }) => {
    if (reason !== 'requested') return reason === 'essential';
    return !named.has(name) && !local.includes(digest);
  };
}
