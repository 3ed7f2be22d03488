/** A recipe of this family. */
import type { Mirrors, Recipe } from '../../recipe/recipe.ts';
import type { RecipeSource } from '../../recipe/recipe-source.ts';
import type { KeyFile } from '../../recipe/recipes.ts';

/** The packages of each name of `--variant`. The first is the default. */
export const VARIANTS = ['minirootfs', 'base', 'empty'] as const;
export type ApkVariant = (typeof VARIANTS)[number];

export interface ApkRecipe extends Recipe {
  readonly family: 'apk';
  /** The folder between a mirror's root and its components: `v3.20`; empty where there is none. */
  readonly branch: string;
  readonly mirrors: Mirrors;
  /** Names of key files by architecture: an index needs a good signature by one of them. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Whether its indexes are signed with SHA-1 to this day: else that counts for nothing. */
  readonly signsWithSha1: boolean;
  /** The world of each variant, as in /etc/apk/world. */
  readonly worlds: Readonly<Record<ApkVariant, readonly string[]>>;
  readonly image: Recipe['image'] & {
    /** The password field that the official image writes for root where the package leaves it empty. */
    readonly rootPassword: '*' | '!';
    /**
     * The package whose files below /etc say what release it is: the official image has them, though the
     * package is not installed in it. Null where it is.
     */
    readonly releaseFiles: string | null;
    /** The version of apk-tools whose database the branch has. */
    readonly apkTools: 2 | 3;
  };
}

/** As a file says it. */
export interface ApkSource extends RecipeSource {
  readonly keys?: Readonly<Record<string, readonly KeyFile[]>>;
  readonly branch?: string;
  readonly image?: Partial<ApkRecipe['image']>;
}
