/**
 * A clause: literals of which one must hold. A literal is the number of a variable, from 1 up, negated
 * for "not".
 */
export type Clause = readonly number[];

export type Refutation =
  /** Clauses (as ascending indexes) that cannot hold together; minimal where the bound allowed it. */
  | { readonly kind: 'contradiction'; readonly core: readonly number[] }
  /** All clauses can hold together. */
  | { readonly kind: 'consistent' }
  /** The search reached its bound. */
  | { readonly kind: 'undecided' };

/**
 * Literals that one search looks at before it ends undecided: some seconds. A refusal of real packages takes
 * some hundred; a puzzle in the place of an index takes any number.
 */
const BOUND = 200_000_000;

/** The rest of the bound. A count instead of a clock keeps the answer the same on every machine. */
interface Budget {
  left: number;
}

/**
 * Whether clauses can hold together, and if not, why: a small conflict-driven search,
 * https://en.wikipedia.org/wiki/Conflict-driven_clause_learning, where each learned clause remembers the
 * given ones that it follows from.
 */
export function refute(clauses: readonly Clause[], bound = BOUND): Refutation {
  const budget = { left: bound };
  const found = findCore(clauses, [...clauses.keys()], budget);
  if (found.kind !== 'contradiction') return found;
  let { core } = found;
  // Each clause that is not needed is left out: the rest is a single cause.
  for (const candidate of core) {
    if (!core.includes(candidate)) continue;
    const smaller = findCore(clauses, without(core, candidate), budget);
    if (smaller.kind === 'contradiction') core = smaller.core;
    if (smaller.kind === 'undecided') break;
  }
  return { kind: 'contradiction', core: [...core].sort((a, b) => a - b) };
}

function without(core: readonly number[], left: number): number[] {
  return core.filter((index) => index !== left);
}

interface Search {
  readonly budget: Budget;
  readonly clauses: Clause[];
  /** For each clause the given ones that it follows from. */
  readonly origins: ReadonlySet<number>[];
  /** Clauses by a literal that they hold. */
  readonly holders: Map<number, number[]>;
  /** Literals that hold, in the order in which they were set. */
  readonly trail: number[];
  /** For a literal that holds: when it was set, and by which clause; null for a guess. */
  readonly set: Map<number, { readonly level: number; readonly reason: number | null }>;
}

function findCore(given: readonly Clause[], use: readonly number[], budget: Budget): Refutation {
  const search: Search = { budget, clauses: [], origins: [], holders: new Map(), trail: [], set: new Map() };
  const contradiction = (core: readonly number[]): Refutation => ({ kind: 'contradiction', core });
  for (const index of use) addClause(search, given[index]!, new Set([index]));
  const count = search.clauses.length;
  let level = 0;
  let done = 0;
  for (let index = 0; index < count; index++) {
    const [only, ...others] = search.clauses[index]!;
    if (only === undefined) return contradiction([...search.origins[index]!]);
    if (others.length > 0) continue;
    if (search.set.has(-only)) return contradiction(originsOf(search, [index], search.clauses[index]!));
    if (!search.set.has(only)) assign(search, only, { level: 0, reason: index });
  }
  for (;;) {
    const conflict = propagate(search, done);
    if (budget.left < 0) return { kind: 'undecided' };
    done = search.trail.length;
    if (conflict === null) {
      const guess = nextGuess(search, count);
      if (guess === null) return { kind: 'consistent' };
      level++;
      assign(search, guess, { level, reason: null });
      continue;
    }
    if (level === 0) return contradiction(originsOf(search, [conflict], search.clauses[conflict]!));
    const learned = analyze(search, { conflict, level });
    const [asserted = 0, ...others] = learned.clause;
    level = Math.max(0, ...others.map((literal) => search.set.get(-literal)!.level));
    undo(search, level);
    done = search.trail.length;
    assign(search, asserted, { level, reason: addClause(search, learned.clause, learned.origins) });
  }
}

function addClause(search: Search, clause: Clause, origins: ReadonlySet<number>): number {
  const index = search.clauses.push(clause) - 1;
  search.origins.push(origins);
  for (const literal of clause) {
    const holders = search.holders.get(literal);
    if (holders === undefined) search.holders.set(literal, [index]);
    else holders.push(index);
  }
  return index;
}

function assign(search: Search, literal: number, how: { level: number; reason: number | null }): void {
  search.set.set(literal, how);
  search.trail.push(literal);
}

function undo(search: Search, level: number): void {
  while (search.trail.length > 0 && search.set.get(search.trail.at(-1)!)!.level > level) {
    search.set.delete(search.trail.pop()!);
  }
}

/** Sets what follows from the literals from `start` on; a clause that no longer can hold, or null. */
function propagate(search: Search, start: number): number | null {
  for (let at = start; at < search.trail.length; at++) {
    const { level } = search.set.get(search.trail.at(-1)!)!;
    for (const index of search.holders.get(-search.trail[at]!) ?? []) {
      const clause = search.clauses[index]!;
      search.budget.left -= clause.length;
      if (clause.some((literal) => search.set.has(literal))) continue;
      const open = clause.filter((literal) => !search.set.has(-literal));
      if (open.length === 0) return index;
      if (open.length === 1) assign(search, open[0]!, { level, reason: index });
    }
  }
  return null;
}

/** The first choice of the first clause whose owner is in and which is not yet met. */
function nextGuess(search: Search, count: number): number | null {
  for (let index = 0; index < count; index++) {
    const clause = search.clauses[index]!;
    search.budget.left -= clause.length;
    if (clause.some((literal) => search.set.has(literal) || (literal < 0 && !search.set.has(-literal))))
      continue;
    const guess = clause.find((literal) => literal > 0 && !search.set.has(-literal));
    if (guess !== undefined) return guess;
  }
  return null;
}

/** The clause that would have prevented the conflict, its newest literal first (first unique implication point). */
function analyze(
  search: Search,
  { conflict, level }: { conflict: number; level: number },
): { readonly clause: Clause; readonly origins: ReadonlySet<number> } {
  const seen = new Set<number>();
  const kept: number[] = [];
  const resolved = [conflict];
  const grounded: number[] = [];
  let open = 0;
  let reason: number | null = conflict;
  let at = search.trail.length;
  for (;;) {
    for (const literal of reason === null ? [] : search.clauses[reason]!) {
      const how = search.set.get(-literal);
      if (how === undefined || seen.has(literal)) continue;
      seen.add(literal);
      if (how.level === 0) grounded.push(literal);
      else if (how.level === level) open++;
      else kept.push(literal);
    }
    do at--;
    while (!seen.has(-search.trail[at]!));
    const literal = search.trail[at]!;
    open--;
    if (open === 0) {
      return { clause: [-literal, ...kept], origins: new Set(originsOf(search, resolved, grounded)) };
    }
    reason = search.set.get(literal)!.reason;
    if (reason !== null) resolved.push(reason);
  }
}

/** The origins of the clauses, and of the falsehood of the literals, which are all set at level 0. */
function originsOf(search: Search, clauses: readonly number[], literals: Clause): number[] {
  const origins = new Set(clauses.flatMap((index) => [...search.origins[index]!]));
  const pending = [...literals];
  const seen = new Set(pending);
  for (const literal of pending) {
    const reason = search.set.get(-literal)?.reason;
    if (reason === undefined || reason === null) continue;
    for (const origin of search.origins[reason]!) origins.add(origin);
    for (const other of search.clauses[reason]!) {
      if (other !== -literal && !seen.has(other)) {
        seen.add(other);
        pending.push(other);
      }
    }
  }
  search.budget.left -= origins.size;
  return [...origins];
}
