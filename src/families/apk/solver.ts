import { type Candidate, type Graph, isProvided, type Link, type Name } from './graph.ts';
import { newSearch, reconsider, require, type Search } from './propagation.ts';
import { markError, settle } from './selection.ts';

/** What was found: packages in the order in which apk installs them, sound only where `errors` is 0. */
export interface Solution {
  readonly candidates: readonly Candidate[];
  readonly errors: number;
}

/**
 * Chooses packages for a world as apk does: it propagates what is certain, then settles the name that
 * was found deepest, and never goes back. The graph is used up by it. `world` is in apk's order.
 */
export function solve(graph: Graph, world: readonly Link[]): Solution {
  const search = newSearch(graph.repositories.map(({ tag }) => tag));
  for (const { name } of world) discover(search, name);
  for (const link of world) require(search, { link, by: null });
  for (;;) {
    for (let name = search.dirty.shift(); name !== undefined; name = search.dirty.shift()) {
      name.isDirty = false;
      if (!name.isLocked) reconsider(search, name);
    }
    const next = nextName(search);
    if (next === undefined) break;
    settle(search, next);
  }
  const candidates = placeAll(search, world);
  return { candidates, errors: search.errors };
}

function nextName({ ready, open }: Search): Name | undefined {
  for (let name = ready.shift(); name !== undefined; name = ready.shift()) {
    if (!name.isLocked) return name;
  }
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (!name.isLocked && !name.isReady) return name;
  }
  return undefined;
}

const CONCRETE = 2 ** 30;

function discover(search: Search, name: Name): void {
  if (name.isSeen) return;
  name.isSeen = true;
  name.isTriggerLost = true;
  let virtuals = 0;
  for (const { candidate } of name.providers) {
    if (!candidate.isSeen) {
      candidate.isSeen = true;
      candidate.isSelectable = candidate.package.unusable === null;
      candidate.isTriggerLost = candidate.installIf.length === 0;
      candidate.isPreferred =
        candidate.package.installedSize === 0 ||
        candidate.repositories.some((number) => search.tags[number] === null);
      candidate.isAllowed = candidate.isPreferred;
      for (const link of candidate.depends) discover(search, link.name);
    }
    name.isTriggerLost &&= candidate.isTriggerLost;
    if (candidate.name !== name) virtuals++;
  }
  for (const waiting of name.waiting) discover(search, waiting);
  for (const { candidate } of name.providers) {
    for (const waiting of candidate.name.waiting) discover(search, waiting);
    for (const link of candidate.provides) discover(search, link.name);
  }
  name.order = (virtuals === name.providers.length ? 0 : CONCRETE) + ++search.discovered.count;
  for (const { candidate } of name.providers) {
    for (const link of candidate.installIf) discover(search, link.name);
  }
}

/** Dependencies first, and after a package what it was the last condition of. */
function placeAll(search: Search, world: readonly Link[]): Candidate[] {
  const placed: Candidate[] = [];
  for (const link of world) placeDependency(link, null);
  return placed;

  function placeDependency(link: Link, by: Candidate | null): void {
    if (by !== null && !isProvided(link, link.name.chosen)) markError(search, by);
    place(link.name);
    if (by !== null && link.name.chosen?.candidate.hasError) markError(search, by);
  }

  function place(name: Name): void {
    if (name.isPlaced) return;
    name.isPlaced = true;
    const candidate = name.chosen?.candidate;
    if (candidate === undefined || candidate.isPlaced) return;
    candidate.isPlaced = true;
    candidate.name.isPlaced = true;
    for (const link of candidate.provides) link.name.isPlaced = true;
    for (const link of candidate.depends) placeDependency(link, candidate);
    placed.push(candidate);
    placeWaiting(candidate.name);
    for (const link of candidate.provides) placeWaiting(link.name);
  }

  function placeWaiting(name: Name): void {
    for (const waiting of name.waiting) {
      const conditions = waiting.chosen?.candidate.installIf;
      if (conditions === undefined || !waiting.isSeen || waiting.isPlaced) continue;
      const isMet = (link: Link): boolean => link.name.isPlaced && isProvided(link, link.name.chosen);
      if (conditions.every(isMet)) place(waiting);
    }
  }
}
