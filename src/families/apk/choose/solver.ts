import { runSteps, type Step } from '../../../resolve/trampoline.ts';
import { type Candidate, type Graph, isProvided, type Link, type Name } from './graph.ts';
import { reconsider, require, type Search } from './propagation.ts';
import { markError, settle } from './selection.ts';

/** The result: packages in the order in which apk installs them, sound only where `errors` is 0. */
export interface Solution {
  readonly candidates: readonly Candidate[];
  readonly errors: number;
  /** Names that are needed, and for which nothing could be chosen. */
  readonly unanswered: readonly Name[];
}

/**
 * Chooses packages for a world as apk 2.14 does: it propagates what is certain, settles one name, and
 * never goes back. The graph is used up by it. `world` is in apk's order.
 */
export function solve(graph: Graph, world: readonly Link[]): Solution {
  const tags = graph.repositories.map(({ tag }) => tag);
  const search: Search = { dirty: [], open: [], tags, unanswered: [], errors: 0 };
  for (const { name } of world) name.isInWorld = true;
  for (const { name } of world) runSteps(discover(search, graph, name));
  graph.noteDependents();
  for (const link of world) require(search, { link, by: null });
  for (;;) {
    for (let name = search.dirty.shift(); name !== undefined; name = search.dirty.shift()) {
      name.isDirty = false;
      if (!name.isLocked) reconsider(search, name);
    }
    const next = nextName(search.open);
    if (next === undefined) break;
    settle(search, next);
  }
  const candidates = placeAll(search, world);
  return { candidates, errors: search.errors, unanswered: search.unanswered };
}

/** Finds the names that may come up, and how long the chains of dependencies below them are. */
function* discover(search: Search, graph: Graph, name: Name): Step<void> {
  if (name.isSeen) return;
  name.isSeen = true;
  graph.fill(name);
  name.isTriggerLost = true;
  for (const { candidate } of name.providers) {
    if (!candidate.isSeen) {
      begin(search, candidate);
      for (const link of candidate.depends) {
        yield discover(search, graph, link.name);
        candidate.depth = Math.max(candidate.depth, link.name.depth + 1);
      }
    }
    name.isTriggerLost &&= candidate.isTriggerLost;
    name.depth = Math.max(name.depth, candidate.depth);
  }
  name.urgency = urgencyOf(name);
  for (const { candidate } of name.providers) {
    for (const waiting of candidate.name.waiting) yield discover(search, graph, waiting);
    for (const { name: provided } of candidate.provides) {
      if (provided.isSeen) continue;
      for (const waiting of provided.waiting) yield discover(search, graph, waiting);
    }
  }
}

function begin({ tags }: Search, candidate: Candidate): void {
  const { installedSize, unusable } = candidate.package;
  candidate.isSeen = true;
  candidate.isSelectable = unusable === null;
  candidate.isTriggerLost = candidate.installIf.length === 0;
  candidate.isPreferred =
    installedSize === 0 || candidate.repositories.some((number) => tags[number] === null);
  candidate.isAllowed = candidate.isPreferred;
}

/** The newest one without a choice left, else the most urgent, else the newest. */
function nextName(open: Name[]): Name | undefined {
  let best: Name | undefined;
  for (let at = open.length - 1; at >= 0; at--) {
    const name = open[at]!;
    if (name.isLocked) open.splice(at, 1);
    else if (name.areDependentsDone && name.requirers > 0 && !name.hasOptions) return name;
    else if (best === undefined || compareUrgency(name, best) < 0) best = name;
  }
  return best;
}

function compareUrgency(a: Name, b: Name): number {
  return b.urgency - a.urgency || Number(b.requirers > 0) - Number(a.requirers > 0);
}

/** Names in the world are settled first, then names with fewer mere providers, then deeper ones. */
function urgencyOf(name: Name): number {
  return (name.isInWorld ? 2 ** 40 : 0) + (2 - virtuality(name)) * 2 ** 32 + name.depth;
}

/** 0: all providers are packages of that name; 2: none of them is. */
function virtuality(name: Name): 0 | 1 | 2 {
  if (name.providers.every(({ candidate }) => candidate.name === name)) return 0;
  return name.providers.some(({ candidate }) => candidate.name === name) ? 1 : 2;
}

/** Dependencies first, and after a package what it was the last condition of. */
function placeAll(search: Search, world: readonly Link[]): Candidate[] {
  const placed: Candidate[] = [];
  for (const { name } of world) runSteps(place(name));
  return placed;

  function* place(name: Name): Step<void> {
    if (name.isPlaced) return;
    name.isPlaced = true;
    const candidate = name.chosen?.candidate;
    if (candidate === undefined || candidate.isPlaced) return;
    candidate.isPlaced = true;
    candidate.name.isPlaced = true;
    for (const link of candidate.provides) link.name.isPlaced = true;
    for (const link of candidate.depends) {
      if (!isProvided(link, link.name.chosen)) markError(search, candidate);
      yield place(link.name);
      if (link.name.chosen?.candidate.hasError) markError(search, candidate);
    }
    placed.push(candidate);
    yield placeWaiting(candidate.name);
    for (const link of candidate.provides) yield placeWaiting(link.name);
  }

  function* placeWaiting(name: Name): Step<void> {
    for (const waiting of name.waiting) {
      const conditions = waiting.chosen?.candidate.installIf;
      if (conditions === undefined || !waiting.isSeen || waiting.isPlaced) continue;
      const isMet = (link: Link): boolean => link.name.isPlaced && isProvided(link, link.name.chosen);
      if (conditions.every(isMet)) yield place(waiting);
    }
  }
}
