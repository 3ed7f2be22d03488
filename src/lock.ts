import type { PocketName, Variant } from './recipe.ts';

/** A signed index that the resolution was made from. */
export interface LockedIndex {
  readonly pocket: PocketName;
  readonly suite: string;
  /** sha256 of the Release text as signed, lower-case hex. */
  readonly digest: string;
  /** The Release's `Date:`, ISO 8601. */
  readonly date: string;
  /** Fingerprint of the primary key that signed it; null where the check was off. */
  readonly signedBy: string | null;
}

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly pocket: PocketName;
  /** Path on the mirror, below its root: `pool/main/h/hello/hello_2.10-3_amd64.deb`. */
  readonly path: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /**
   * `essential`: of the set that is in place before any script runs. `requested`: by the variant or by
   * name. `dependency`: pulled in, and marked as such for apt's autoremove.
   */
  readonly reason: 'essential' | 'requested' | 'dependency';
}

/** Checks that a user turned off by name. */
export type Check = 'signature' | 'valid-until' | 'date' | 'suite' | 'rollback';

/** What is built, exactly. Key order is the order below; packages are sorted by name, then arch. */
export interface Lock {
  readonly version: 1;
  readonly recipe: { readonly name: string; readonly digest: string };
  readonly arch: string;
  readonly variant: Variant;
  readonly components: readonly string[];
  /** dpkg path rules in order, as in dpkg.cfg: `path-exclude=/usr/share/doc/*`. */
  readonly pathRules: readonly string[];
  readonly indexes: readonly LockedIndex[];
  readonly checksOff: readonly Check[];
  readonly packages: readonly LockedPackage[];
  /** Seconds since 1970; null until every package was fetched. */
  readonly epoch: number | null;
  readonly inputsDigest: string;
  readonly lockDigest: string;
}
