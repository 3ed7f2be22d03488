import type { Lock, LockedFile } from '../lock.ts';

/** A file that the plan puts into the image beside the packages' own: apt sources, settings. */
export type SeedFile = LockedFile;

/** A package of the plan with what a report shows; the Lock holds what a build needs. */
export interface PlannedPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly pocket: string;
  /** Bytes of the package file. */
  readonly size: number;
  /** Bytes once installed, as the index says; null in a plan from a lock, which has no index. */
  readonly installedSize: number | null;
}

/** The outcome of planning: what to fetch, from where, and what to write beside it. */
export interface Plan {
  readonly lock: Lock;
  readonly packages: readonly PlannedPackage[];
  /** Addresses to try in order for a package of the lock. */
  readonly urlsOf: (path: string, pocket: string) => readonly string[];
  readonly seedFiles: readonly SeedFile[];
  readonly warnings: readonly string[];
}
