import type { Dependency } from './dependency.ts';

/**
 * A package as an index lists it (apk-v2 APKINDEX) and as `.PKGINFO` describes it. Texts are binary
 * strings, `''` where the field is absent; sizes are bytes.
 */
export interface ApkPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** `C:`, `Q1` and the base64 of the SHA-1 of the compressed control member. */
  readonly identity: string;
  /** Bytes of the package file; 0: there is nothing to fetch. */
  readonly size: number;
  readonly installedSize: number;
  readonly description: string;
  readonly url: string;
  readonly license: string;
  readonly origin: string;
  readonly maintainer: string;
  /** Seconds since 1970; 0 where it is unknown. */
  readonly buildTime: number;
  readonly commit: string;
  /** Which of several packages that provide a name without version is taken; 0: none by itself. */
  readonly providerPriority: number;
  readonly depends: readonly Dependency[];
  readonly provides: readonly Dependency[];
  /** Installed by itself once all of these are; empty: never. */
  readonly installIf: readonly Dependency[];
  /** Why it can never be installed: the index says something of it that is not understood. */
  readonly unusable: string | null;
}
