import type { Job } from '../job.ts';
import type { JsonSchema } from '../json-schema.ts';
import type { Mirrors, Recipe } from '../recipe/recipe.ts';
import type { Lock, LockedFamily } from './lock.ts';

/** A family's own part of a lock. */
export interface LockSection {
  /** The schemas of `options` and `image`; a file has their members in the order of the properties. */
  readonly schema: { readonly options: JsonSchema; readonly image: JsonSchema };
  /** The part that is known before packages are chosen: the inputs digest covers it. */
  readonly inputs: (family: LockedFamily) => object;
  /** The part that decides the image: the lock digest covers it. */
  readonly result: (family: LockedFamily) => object;
  /** The part of the request that the lock answered which is nowhere else in it. */
  readonly request: (lock: Lock) => Partial<Job>;
}

/** By the name of the family, with where its repositories are: locks of version 1 leave that to the recipe. */
export type LockSections = Readonly<
  Record<string, LockSection & { readonly repositoriesOf: (recipe: Recipe) => readonly Official[] }>
>;

interface Official {
  readonly name: string;
  readonly mirrors: Mirrors;
}
