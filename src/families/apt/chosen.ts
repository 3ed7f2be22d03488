import type { LockedPackage } from '../../lock.ts';

/** A package that resolution chose, with what the index says of it. */
export interface ChosenPackage extends LockedPackage {
  /** Bytes. */
  readonly installedSize: number;
}
