import { compareVersions } from '../package/version.ts';
import type { Candidate, Name, Provider } from './graph.ts';
import { disqualify, recheckDependents, recheckWaitingFor, require, type Search } from './propagation.ts';

/** Settles a name: the best of its candidates is chosen, with all that it provides; or nothing is. */
export function settle(search: Search, name: Name): void {
  const chosen = bestProvider(name);
  if (chosen === null) {
    lock(search, name, null);
    if (name.requirers === 0) return;
    search.errors++;
    search.unanswered.push(name);
    return;
  }
  const { candidate } = chosen;
  if (!candidate.isSelectable || !candidate.isAllowed) markError(search, candidate);
  for (const { name: provided, as } of candidate.names) lock(search, provided, as);
  for (const link of candidate.depends) require(search, { link, by: candidate });
}

/** Counts a chosen package that something is wrong with, once. */
export function markError(search: Search, candidate: Candidate): void {
  if (candidate.hasError) return;
  candidate.hasError = true;
  search.errors++;
}

function bestProvider(name: Name): Provider | null {
  if (name.requirers === 0 && !name.hasTriggered) return null;
  let best: Provider | null = null;
  for (const provider of name.providers) {
    const { isTriggered, isAllowed } = provider.candidate;
    if (name.requirers === 0 && !(isTriggered && isAllowed)) continue;
    if (!isAutomatic(provider)) continue;
    if (best === null || compareProviders(provider, best) > 0) best = provider;
  }
  return best;
}

/** One that provides without a version needs a priority, or to be asked for by its own name. */
function isAutomatic({ version, candidate }: Provider): boolean {
  return version !== null || candidate.package.providerPriority > 0 || candidate.name.requirers > 0;
}

/** Positive where `a` is the better one. */
function compareProviders(a: Provider, b: Provider): number {
  const [left, right] = [a.candidate, b.candidate];
  return (
    Number(left.isSelectable) - Number(right.isSelectable) ||
    Number(left.wasMerged) - Number(right.wasMerged) ||
    right.conflicts - left.conflicts ||
    Number(left.isAllowed) - Number(right.isAllowed) ||
    Number(left.isPreferred) - Number(right.isPreferred) ||
    compareProvided(a.version, b.version) ||
    (left.name === right.name ? compareVersions(left.package.version, right.package.version) : 0) ||
    left.package.providerPriority - right.package.providerPriority ||
    right.repositories[0]! - left.repositories[0]!
  );
}

/** A provider with a version and one without are not compared. */
function compareProvided(a: string | null, b: string | null): number {
  return a === null || b === null ? 0 : compareVersions(a, b);
}

/** Two may provide a name side by side only if both do so without a version. */
function lock(search: Search, name: Name, chosen: Provider | null): void {
  if (name.isLocked) {
    if (chosen === null || (chosen.version === null && (name.chosen?.version ?? null) === null)) return;
    markError(search, chosen.candidate);
    if (name.chosen !== null) markError(search, name.chosen.candidate);
    return;
  }
  name.isLocked = true;
  name.chosen = chosen;
  for (const other of name.providers) {
    if (other.candidate === chosen?.candidate) continue;
    if ((chosen === null || chosen.version === null) && other.version === null) continue;
    disqualify(search, other.candidate);
  }
  recheckDependents(search, name);
  recheckWaitingFor(search, name);
}
