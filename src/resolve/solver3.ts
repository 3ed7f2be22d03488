import { createHeap } from './heap.ts';
import { createClauses, type Item, type Rule } from './solver3-rules.ts';
import type { Outcome, Request, SolveOptions, Universe, Version } from './universe.ts';

/** A rule that still has to be met. */
interface Work {
  readonly rule: Rule;
  readonly level: number;
  /** How many solutions were open when it was queued. */
  readonly open: number;
}

/** A step of the trail, for undoing it. */
interface Step {
  readonly assigned: Item | null;
  readonly work: Work | null;
  /** The solution that a level was opened with. */
  readonly guess: Item | null;
}

/**
 * Rules, and solutions of rules, that are looked at before it gives up. apt does after ten seconds; a count keeps
 * the answer the same on every machine. A plan of GNOME, KDE, TeX Live and LibreOffice together takes 30,000.
 */
const MAX_VISITS = 5_000_000;

/**
 * Chooses versions as apt 3's solver does: forced ones first, then the rules with the fewest choices,
 * with backtracking. It refuses only where no plan satisfies all requests, or where the search takes too long.
 */
export function solveLikeApt3(universe: Universe, options: SolveOptions): Outcome {
  return { plan: search(universe, options), broken: [] };
}

function search(universe: Universe, options: SolveOptions): readonly Version[] | null {
  const { requests, installed = [] } = options;
  const clauses = createClauses(universe, options);
  const queue = createHeap<Work>((a, b) => {
    visits++;
    return isLess(a, b);
  });
  const steps: Step[] = [];
  /** For each level above zero, the step that opened it. */
  const levels: number[] = [];
  let facts: Item[] = [];
  let visits = 0;

  for (const version of installed) {
    if (!assign(clauses.itemOf(version), true)) return null;
  }
  for (const { version } of inHashOrder(requests)) {
    if (!assign(clauses.itemOf(version), true)) return null;
  }
  for (;;) {
    while (!propagate()) {
      if (!backtrack()) return null;
    }
    const work = queue.pop();
    if (work === undefined) break;
    steps.push({ assigned: null, work, guess: null });
    if (!meet(work) && !backtrack()) return null;
  }
  return clauses.chosen();

  /** False where the rule cannot be met any more. */
  function meet({ rule, level, open }: Work): boolean {
    if (rule.solutions.some(({ decision }) => decision === true)) return true;
    const solution = rule.solutions.find(({ decision }) => decision !== false);
    if (solution === undefined) return rule.optional;
    if (open > 1 || rule.optional) {
      levels.push(steps.length);
      steps.push({ assigned: null, work: { rule, level, open }, guess: solution });
    }
    return assign(solution, true);
  }

  function assign(item: Item, decision: boolean): boolean {
    if (item.decision !== null) return item.decision === decision;
    item.decision = decision;
    item.level = levels.length;
    steps.push({ assigned: item, work: null, guess: null });
    facts.push(item);
    return true;
  }

  function propagate(): boolean {
    for (let at = 0; at < facts.length; at++) {
      const item = facts[at]!;
      const consistent = item.decision === true ? requireRules(item) : withdraw(item);
      if (!consistent) {
        facts = [];
        return false;
      }
    }
    facts = [];
    return true;
  }

  function requireRules(item: Item): boolean {
    clauses.discover(item);
    visits += item.rules.length + item.users.length;
    return (
      item.rules.every(enqueue) &&
      item.users.every(({ negative, owner }) => !negative || assign(owner, false))
    );
  }

  function enqueue(rule: Rule): boolean {
    if (rule.negative) return rule.solutions.every((rival) => assign(rival, false));
    const [only] = rule.solutions;
    if (only !== undefined && rule.solutions.length === 1 && !rule.optional) return assign(only, true);
    queue.push({ rule, level: levels.length, open: openSolutions(rule).length });
    return true;
  }

  /** Rules that lose a solution: another one is forced, or the owner goes too. */
  function withdraw(item: Item): boolean {
    visits += item.users.length;
    return item.users.every((rule) => {
      if (rule.negative || rule.owner.decision === false) return true;
      const open = openSolutions(rule);
      if (open.length === 1 && rule.owner.decision === true) {
        return rule.optional ? enqueue(rule) : assign(open[0]!, true);
      }
      return open.length > 0 || rule.optional || assign(rule.owner, false);
    });
  }

  function backtrack(): boolean {
    for (;;) {
      const start = levels.pop();
      if (start === undefined || visits > MAX_VISITS) return false;
      const undone = steps.splice(start);
      for (const { assigned, work } of undone.reverse()) {
        if (assigned !== null) assigned.decision = null;
        if (work !== null) queue.push({ ...work, open: openSolutions(work.rule).length });
      }
      queue.keep(({ level }) => level <= levels.length);
      facts = [];
      if (assign(undone.at(-1)!.guess!, false)) return true;
    }
  }

  function openSolutions({ solutions }: Rule): Item[] {
    visits += solutions.length;
    return solutions.filter(({ decision }) => decision !== false);
  }
}

/** Whether `a` is to be met after `b`. */
function isLess(a: Work, b: Work): boolean {
  const aForced = !a.rule.optional && a.open < 2;
  const bForced = !b.rule.optional && b.open < 2;
  if (aForced !== bForced) return bForced;
  if (a.rule.optional !== b.rule.optional) return a.rule.optional;
  if (a.rule.group !== b.rule.group) return a.rule.group > b.rule.group;
  if (a.open < 2 !== b.open < 2) return b.open < 2;
  return a.open === 1 && b.open === 1 && a.rule.solutions.length < b.rule.solutions.length;
}

/** apt walks its packages by their place in a hash table. */
function inHashOrder(requests: readonly Request[]): readonly Request[] {
  return [...requests].sort((a, b) => placeOf(a.package.name) - placeOf(b.package.name));
}

function placeOf(name: string): number {
  let hash = 5381;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 33) + name.charCodeAt(i)) >>> 0;
  return hash % 196_613;
}
