/** A recipe of this family. */
import type { Mirrors, Recipe } from '../../recipe/recipe.ts';
import type { RecipeSource } from '../../recipe/recipe-source.ts';
import type { KeyFile } from '../../recipe/recipes.ts';

/** The packages of each name of `--variant`, after mmdebstrap(1), VARIANTS. The first is the default. */
export const VARIANTS = ['minbase', 'essential', 'apt', 'buildd', 'important', 'standard', 'custom'] as const;
/**
 * `scratch` is no start for a system: of what is asked for, and of nothing else, files are taken, and what
 * these packages depend on is not.
 */
export type AptVariant = (typeof VARIANTS)[number] | 'scratch';
/** apt's classic solver, or the one of apt 3 (`APT::Solver "3.0"`), the default of apt since 3.1.10. */
export type Solver = 'apt' | '3';

/** One signed repository of a suite. */
export interface Pocket {
  /** `release` is the suite itself; others, such as `updates`, go beside it. */
  readonly name: string;
  /** The folder below `dists/`, e.g. `bookworm-security`; one that ends in a slash is a flat repository. */
  readonly suite: string;
  /** Names that the Release file may carry in `Suite:` or `Codename:`; `suite` itself always counts. */
  readonly alsoNamed?: readonly string[];
  readonly mirrors: Mirrors;
  /** Where they are not those of the recipe. */
  readonly components?: readonly string[];
  /** Names of the key files that its Release is held to, where they are not those of the recipe. */
  readonly keys?: readonly string[];
  /**
   * sha256 of the last Release of a suite that has ended: it is good though its keys or its Valid-Until
   * have expired since, as nothing newer can come. Mirrors and the archive of what has ended may each have another.
   */
  readonly lastReleases?: readonly string[];
  /** Where its states of the past are, each below a moment as in `20240131T120000Z`. No trailing slash. */
  readonly snapshots?: string;
  /**
   * Where mirrors of the distribution keep this pocket in a tree of its own: a path segment `of` of
   * the main archive's address reads `is` in this pocket's (`/debian` → `/debian-security`).
   */
  readonly sibling?: { readonly of: string; readonly is: string };
  /**
   * In an archive of its own, beside the distribution's: neither the user's MIRROR nor the host's mirrors stand
   * for it. `signedBy` is the keyring in the image that its source names.
   */
  readonly separate?: { readonly signedBy: string | null };
}

/** A package to take before another where both satisfy a dependency. */
export interface Preference {
  readonly prefer: string;
  readonly over: string;
  readonly reason: string;
}

export interface AptRecipe extends Recipe {
  readonly family: 'apt';
  /** Resolved together in one pass, in the order that apt's sources list them. */
  readonly pockets: readonly Pocket[];
  /** Names of key files: a Release needs a good signature by one of them. */
  readonly keys: readonly string[];
  readonly preferences: readonly Preference[];
  /** Packages of a variant that the index does not mark (Ubuntu's apt, build-essential). */
  readonly extra: Partial<Record<AptVariant, readonly string[]>>;
  /** Variants without the packages of Priority required: buildd since trixie, as debootstrap 1.0.145 has it. */
  readonly withoutRequired: readonly AptVariant[];
  /** The solver that the suite's own apt uses, whose choices are made where none is named. */
  readonly solver: Solver;
  /** Variants in which /bin, /sbin and /lib are real directories; every other one has merged /usr. */
  readonly splitUsr: readonly AptVariant[];
  /**
   * Programs of packages outside the Essential set that must do nothing but succeed while scripts run:
   * diverted for that time, as debootstrap diverts upstart's initctl. Absolute paths.
   */
  readonly silenced: readonly string[];
  readonly image: Recipe['image'] & {
    readonly sourcesStyle: 'one-line' | 'deb822';
    /** Path inside the image of the keyring that `Signed-By` names; null writes none. */
    readonly signedBy: string | null;
    /** Key files that no package of the suite brings: written beside the sources of the image. */
    readonly ownKeys?: readonly string[];
    /** Where the keys of further sources go: by default `/etc/apt/keyrings`. apt before 1.1 knows no `signed-by`. */
    readonly keyrings?: string;
    /** The settings that `--docker-settings` writes for this suite. */
    readonly docker: {
      /** apt before 1.0.9.2 has to be told to fetch gzipped indexes first. */
      readonly gzipOrder: boolean;
      /** dpkg's path rules of the official image, as in dpkg.cfg. */
      readonly pathRules: readonly string[];
    };
  };
}

/** As a file says it. */
export interface AptSource extends RecipeSource {
  readonly keys?: readonly KeyFile[];
  readonly pockets?: PocketSources;
  readonly image?: Partial<AptRecipe['image']>;
}

/** By name; null takes one away. */
export type PocketSources = Readonly<Record<string, PocketSource | null>>;

/** Without a suite: that of the recipe, with the pocket's name after it where that is not `release`. */
export type PocketSource = Omit<Pocket, 'name' | 'suite' | 'keys'> & {
  readonly suite?: string;
  readonly keys?: readonly KeyFile[];
};
