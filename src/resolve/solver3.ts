import { createHeap } from './heap.ts';
import { Clauses, type Item, type Rule } from './solver3-rules.ts';
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
  return { plan: new Search(new Clauses(universe, options)).run(options), broken: [] };
}

class Search {
  readonly #clauses: Clauses;
  readonly #queue = createHeap<Work>((a, b) => {
    this.#visits++;
    return isLess(a, b);
  });
  readonly #steps: Step[] = [];
  /** For each level above zero, the step that opened it. */
  readonly #levels: number[] = [];
  #facts: Item[] = [];
  #visits = 0;

  constructor(clauses: Clauses) {
    this.#clauses = clauses;
  }

  run({ requests, installed = [] }: SolveOptions): readonly Version[] | null {
    for (const version of installed) {
      if (!this.#assign(this.#clauses.itemOf(version), true)) return null;
    }
    for (const { version } of inHashOrder(requests)) {
      if (!this.#assign(this.#clauses.itemOf(version), true)) return null;
    }
    for (;;) {
      while (!this.#propagate()) {
        if (!this.#backtrack()) return null;
      }
      const work = this.#queue.pop();
      if (work === undefined) break;
      this.#steps.push({ assigned: null, work, guess: null });
      if (!this.#meet(work) && !this.#backtrack()) return null;
    }
    return this.#clauses.chosen();
  }

  /** False where the rule cannot be met any more. */
  #meet({ rule, level, open }: Work): boolean {
    if (rule.solutions.some(({ decision }) => decision === true)) return true;
    const solution = rule.solutions.find(({ decision }) => decision !== false);
    if (solution === undefined) return rule.optional;
    if (open > 1 || rule.optional) {
      this.#levels.push(this.#steps.length);
      this.#steps.push({ assigned: null, work: { rule, level, open }, guess: solution });
    }
    return this.#assign(solution, true);
  }

  #assign(item: Item, decision: boolean): boolean {
    if (item.decision !== null) return item.decision === decision;
    item.decision = decision;
    item.level = this.#levels.length;
    this.#steps.push({ assigned: item, work: null, guess: null });
    this.#facts.push(item);
    return true;
  }

  #propagate(): boolean {
    for (let at = 0; at < this.#facts.length; at++) {
      const item = this.#facts[at]!;
      const consistent = item.decision === true ? this.#requireRules(item) : this.#withdraw(item);
      if (!consistent) {
        this.#facts = [];
        return false;
      }
    }
    this.#facts = [];
    return true;
  }

  #requireRules(item: Item): boolean {
    this.#clauses.discover(item);
    this.#visits += item.rules.length + item.users.length;
    return (
      item.rules.every((rule) => this.#enqueue(rule)) &&
      item.users.every(({ negative, owner }) => !negative || this.#assign(owner, false))
    );
  }

  #enqueue(rule: Rule): boolean {
    if (rule.negative) return rule.solutions.every((rival) => this.#assign(rival, false));
    const [only] = rule.solutions;
    if (only !== undefined && rule.solutions.length === 1 && !rule.optional) return this.#assign(only, true);
    this.#queue.push({ rule, level: this.#levels.length, open: this.#openSolutions(rule).length });
    return true;
  }

  /** Rules that lose a solution: another one is forced, or the owner goes too. */
  #withdraw(item: Item): boolean {
    this.#visits += item.users.length;
    return item.users.every((rule) => {
      if (rule.negative || rule.owner.decision === false) return true;
      const open = this.#openSolutions(rule);
      if (open.length === 1 && rule.owner.decision === true) {
        return rule.optional ? this.#enqueue(rule) : this.#assign(open[0]!, true);
      }
      return open.length > 0 || rule.optional || this.#assign(rule.owner, false);
    });
  }

  #backtrack(): boolean {
    for (;;) {
      const start = this.#levels.pop();
      if (start === undefined || this.#visits > MAX_VISITS) return false;
      const undone = this.#steps.splice(start);
      for (const { assigned, work } of undone.reverse()) {
        if (assigned !== null) assigned.decision = null;
        if (work !== null) this.#queue.push({ ...work, open: this.#openSolutions(work.rule).length });
      }
      this.#queue.keep(({ level }) => level <= this.#levels.length);
      this.#facts = [];
      if (this.#assign(undone.at(-1)!.guess!, false)) return true;
    }
  }

  #openSolutions({ solutions }: Rule): Item[] {
    this.#visits += solutions.length;
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
