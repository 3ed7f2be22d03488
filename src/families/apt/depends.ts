import { MkbaseError, quoted } from '../../errors.ts';
import type { Operator } from './version.ts';

/** One alternative of a relationship field: `name:qualifier (op version)`. */
export interface Alternative {
  readonly name: string;
  /** `any`, `native` or an architecture; null where none is written. */
  readonly qualifier: string | null;
  readonly op: Operator | null;
  /** Set exactly when `op` is. */
  readonly version: string | null;
}

const ALTERNATIVE =
  /^\s*(?<name>[^\s(),:|]+)(?::(?<qualifier>[^\s(),:|]+))?\s*(?:\(\s*(?<op><<|<=|>=|>>|=|<|>)?\s*(?<version>[^\s()<>=]+)\s*\))?\s*$/;

/** `<` and `>` are older spellings, and do not mean what they look like (policy section 7.1). */
const OPERATORS: Readonly<Record<string, Operator>> = {
  '<<': '<<',
  '<=': '<=',
  '=': '=',
  '>=': '>=',
  '>>': '>>',
  '<': '<=',
  '>': '>=',
};

/**
 * The value of `Depends`, `Conflicts`, `Provides` and their like: groups that must all hold, each a
 * list of alternatives (policy section 7.1). A folded value may hold newlines. Empty groups, which
 * a trailing comma leaves, are dropped.
 *
 * @throws MkbaseError `package/relation-malformed`
 */
export function parseDepends(text: string): readonly (readonly Alternative[])[] {
  const groups: Alternative[][] = [];
  for (const group of text.split(',')) {
    if (group.trim() !== '') groups.push(group.split('|').map(parseAlternative));
  }
  return groups;
}

function parseAlternative(text: string): Alternative {
  const parts = ALTERNATIVE.exec(text)?.groups;
  const name = parts?.name;
  if (name === undefined) {
    throw new MkbaseError(
      'package/relation-malformed',
      `cannot read the relationship ${quoted(text.trim())}`,
      { hint: 'report it to the maker of the package; apt would refuse it too' },
    );
  }
  const version = parts?.version ?? null;
  return {
    name,
    qualifier: parts?.qualifier ?? null,
    op: version === null ? null : (OPERATORS[parts?.op ?? '='] ?? '='),
    version,
  };
}
