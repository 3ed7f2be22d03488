/**
 * How a value is written. `flag`: none. `value`: one, the last given counts. `files`: may be repeated,
 * one a time. `words`: may be repeated, each with several words between commas or spaces.
 */
export type OptionKind = 'flag' | 'value' | 'files' | 'words';

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** Other long names with the same meaning. */
  readonly also?: readonly string[];
  /** One line without a final period. */
  readonly summary: string;
  readonly kind: OptionKind;
  /** The value's name in help; FILE and DIR are completed as paths. */
  readonly value?: string;
  /** All values that are taken; without it the value has a form of its own. */
  readonly allowed?: readonly string[];
  /** Further spellings of allowed values. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** It turns a check off: no hint proposes it for what was mistyped. */
  readonly weakens?: true;
  /** As help shows it, where it is not simply off or empty. */
  readonly default?: string;
}
