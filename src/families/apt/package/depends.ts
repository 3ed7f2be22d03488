import { MkbaseError, quoted } from '../../../errors.ts';
import type { Operator } from './version.ts';

/** One alternative of a relationship field: `name:qualifier (op version)`. */
export interface Alternative {
  readonly name: string;
  /** `any`, `native` or an architecture; null for none. */
  readonly qualifier: string | null;
  readonly op: Operator | null;
  /** Set exactly when `op` is. */
  readonly version: string | null;
}

/** The text before a relation in parentheses, and the relation; a name, operator or version has no spaces. */
const NAME = /^(?<name>[^\s(),:|]+)(?::(?<qualifier>[^\s(),:|]+))?$/;
const RELATION = /^(?<op><<|<=|>=|>>|=|<|>)?\s*(?<version>[^\s()<>=]+)$/;

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
  const trimmed = text.trim();
  const open = trimmed.indexOf('(');
  const named = NAME.exec((open < 0 ? trimmed : trimmed.slice(0, open)).trimEnd())?.groups;
  if (named?.name === undefined) throw malformed(trimmed);
  const { name, qualifier = null } = named as { readonly name: string; readonly qualifier?: string };
  if (open < 0) return { name, qualifier, op: null, version: null };
  const relation = trimmed.endsWith(')')
    ? RELATION.exec(trimmed.slice(open + 1, -1).trim())?.groups
    : undefined;
  if (relation?.version === undefined) throw malformed(trimmed);
  return { name, qualifier, op: OPERATORS[relation.op ?? '='] ?? '=', version: relation.version };
}

function malformed(relation: string): MkbaseError {
  return new MkbaseError('package/relation-malformed', `cannot read the relationship ${quoted(relation)}`, {
    hint: 'report it to the maker of the package; apt would refuse it too',
  });
}
