import type { Fault, JsonSchema } from '../json-schema.ts';
import type { Recipe } from './recipe.ts';
import type { RecipeSource } from './recipe-source.ts';
import type { KeyFile } from './recipes.ts';

/** A family's own part of recipes. */
export interface RecipeForm {
  readonly schema: FormSchema;
  /** The values of members that a file leaves out. */
  readonly defaults: RecipeSource;
  /** Maps whose members are joined with those of what a recipe is like: all else is replaced as a whole. */
  readonly joined: readonly Path[];
  /** `own` over `base` where that is no joining of maps: the members that differ. */
  readonly merged?: (base: RecipeSource, own: RecipeSource) => RecipeSource;
  /** Writes out the members that must not change with the suite's name. */
  readonly settled?: (source: RecipeSource) => RecipeSource;
  /** The same for another suite of the distribution: the members that differ. */
  readonly renamed?: (source: RecipeSource, suite: string) => RecipeSource;
  /** With what follows from the rest, once the defaults are filled in. */
  readonly completed?: (source: RecipeSource) => RecipeSource;
  /** As the program has it, and back. Key files are their names by then. */
  readonly toRecipe?: (source: RecipeSource) => RecipeSource;
  readonly toSource?: (recipe: Recipe) => RecipeSource;
  /** Where the lists of keys are. */
  readonly keyLists: (source: RecipeSource) => readonly Path[];
  /** A file that is not mkbase's own: none of its suite's packages brings its keys, if it does not say so. */
  readonly foreign?: (source: RecipeSource) => RecipeSource;
  /**
   * The names of the keys in a file; none where it has no keys.
   *
   * @throws whatever is wrong with the file
   */
  readonly fingerprints: (file: KeyFile) => Promise<readonly string[]>;
  /** A hint that describes a file of keys. */
  readonly keyHint: string;
  /** A key file as text, under the name that fits it. */
  readonly keyText: (file: KeyFile) => Promise<KeyText>;
  /** Whether the name of a suite says enough without its distribution. */
  readonly namesAlone: boolean;
}

export interface FormSchema {
  /** Schemas of the members beside those of all recipes, and of the members of `image`. */
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly image: Readonly<Record<string, JsonSchema>>;
  /** Definitions that these refer to, beside `mirrors` and `key`. */
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  /** The members that a recipe must have once `like` and the defaults are merged. */
  readonly complete: JsonSchema;
}

export interface KeyText {
  readonly name: string;
  readonly text: string;
}

export type Path = readonly Fault['path'][number][];

/** By the name of the family. */
export type RecipeForms = Readonly<Record<string, RecipeForm>>;
