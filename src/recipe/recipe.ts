import type { ImageSettings } from '../image/settings.ts';

/** URLs to try in order, by architecture; `default` is for all not named. No trailing slash. */
export type Mirrors = Readonly<Record<string, readonly string[]>> & { readonly default: readonly string[] };

/** A distribution's suite as data: what all families have. Each adds what only it knows of. */
export interface Recipe {
  /** How its packages are made: one of `src/families`. */
  readonly family: string;
  /** `debian`, `alpine`: also the prefix in `debian:trixie`. */
  readonly distribution: string;
  /** Codename: `bookworm`; the branch where there is none: `v3.20`. */
  readonly suite: string;
  /** `12`; null for a suite that is never released. */
  readonly release: string | null;
  /** `ID` and `VERSION_ID` of its os-release(5) where these are another distribution's: scanners go by them. */
  readonly system?: { readonly name: string; readonly version: string };
  /** Further names of this suite, e.g. `stable`; `debian:NAME` and `debian:12` need not be listed. */
  readonly aliases: readonly string[];
  /** Last day of support, YYYY-MM-DD; null where none is set. */
  readonly endOfLife: string | null;
  /** By the distribution's own names. */
  readonly arches: readonly string[];
  /** The components taken where none is asked for. */
  readonly components: readonly string[];
  /** Names of all key files, whatever each is allowed for. */
  readonly keyNames: readonly string[];
  readonly image: {
    /** The default settings of a container of it. */
    readonly settings: ImageSettings;
  };
}
