import { type Candidate, isProvided, type Link, type Name } from './graph.ts';

/** The work list of one run of the solver. The graph's nodes hold the rest. */
export interface Search {
  /** Names that must be looked at again because of something near them, in order. */
  readonly dirty: Name[];
  /** Names that need a choice, the newest last. */
  readonly open: Name[];
  /** The tag of each repository by its number. */
  readonly tags: readonly (string | null)[];
  /** Names that are needed, and for which nothing could be chosen. */
  readonly unanswered: Name[];
  errors: number;
}

/** A requirement of the world (`by` is null) or of a chosen package. */
export interface Requirement {
  readonly link: Link;
  readonly by: Candidate | null;
}

/** Notes a requirement, and rules out providers that do not satisfy it. */
export function require(search: Search, { link, by }: Requirement): void {
  const { name, dependency } = link;
  if (!dependency.isConflict) {
    name.requirers++;
    if (name.requirers === 1) firstRequired(search, name);
  }
  for (const provider of name.providers) {
    const { candidate } = provider;
    if (isProvided(link, provider)) {
      inheritTags(search, candidate, { by, tag: dependency.tag });
      continue;
    }
    candidate.conflicts++;
    if (candidate.isSelectable) disqualify(search, candidate);
  }
}

/** Takes a candidate out of the search, and has all that depends on it or waits for it looked at again. */
export function disqualify(search: Search, candidate: Candidate): void {
  candidate.isSelectable = false;
  recheckDependents(search, candidate.name);
  for (const { name } of candidate.provides) recheckDependents(search, name);
  recheckWaiting(search, candidate);
}

/** Those that depend on the name may have lost what they need. */
export function recheckDependents(search: Search, name: Name): void {
  for (const dependent of name.dependents) {
    if (!dependent.isSeen) continue;
    dependent.mustCheckDepends = true;
    markDirty(search, dependent);
  }
}

/** Those that wait for the candidate may now be installed, or never. */
function recheckWaiting(search: Search, candidate: Candidate): void {
  recheckWaitingFor(search, candidate.name);
  for (const { name } of candidate.provides) recheckWaitingFor(search, name);
}

/** Has the install_if of those that wait for a name looked at again. */
export function recheckWaitingFor(search: Search, name: Name): void {
  for (const waiting of name.waiting) {
    if (!waiting.isSeen || waiting.isTriggerLost) continue;
    waiting.mustCheckInstallIf = true;
    markDirty(search, waiting);
  }
}

function firstRequired(search: Search, name: Name): void {
  open(search, name);
  recheckWaitingFor(search, name);
  markDirty(search, name);
}

function markDirty(search: Search, name: Name): void {
  if (name.isDirty || name.isLocked || (name.requirers === 0 && !name.mustCheckInstallIf)) return;
  name.isDirty = true;
  search.dirty.push(name);
}

function open(search: Search, name: Name): void {
  if (name.isLocked || name.isOpen || (name.requirers === 0 && !name.hasTriggered)) return;
  name.isOpen = true;
  search.open.push(name);
}

/** The tags that a package may be taken from go down to what it needs. */
function inheritTags(
  search: Search,
  candidate: Candidate,
  { by, tag }: { by: Candidate | null; tag: string | null },
): void {
  const added = by === null ? [tag] : [...by.allowedTags];
  if (!added.every((allowed) => candidate.allowedTags.has(allowed))) {
    candidate.allowedTags = new Set([...candidate.allowedTags, ...added]);
  }
  const isIn = (tags: ReadonlySet<string | null>): boolean =>
    candidate.repositories.some((number) => tags.has(search.tags[number] ?? null));
  if (by === null) candidate.isPreferred = isIn(new Set([tag]));
  candidate.isAllowed ||= isIn(candidate.allowedTags);
}

/**
 * Looks at the candidates for a name again: which of them still can be, which were triggered, and what
 * all of them need or provide in common, as that will be needed or provided whichever is chosen.
 */
export function reconsider(search: Search, name: Name): void {
  const { mustCheckDepends, mustCheckInstallIf } = name;
  name.mustCheckDepends = false;
  name.mustCheckInstallIf = false;
  const options: Candidate[] = [];
  let hasTriggered = false;
  let isTriggerLost = true;
  let needsTag = false;
  for (const provider of name.providers) {
    const { candidate } = provider;
    candidate.isMerged = false;
    if (mustCheckDepends && candidate.isSelectable && !candidate.depends.every(isSatisfiable)) {
      disqualify(search, candidate);
    }
    if (!candidate.isSelectable) continue;
    if (mustCheckInstallIf) checkTrigger(search, candidate);
    hasTriggered ||= candidate.isTriggered;
    isTriggerLost &&= candidate.isTriggerLost;
    if (name.requirers === 0) continue;
    candidate.isMerged = true;
    mergeOption(candidate, provider.version === null, options.length);
    options.push(candidate);
    needsTag ||= !candidate.isAllowed;
  }
  name.hasOptions = options.length > 1 || needsTag;
  name.hasTriggered = hasTriggered;
  name.isTriggerLost = isTriggerLost;
  if (options[0] !== undefined) applyCommon(search, name, options as [Candidate, ...Candidate[]]);
  name.areDependentsDone = name.dependents.every((dependent) => !dependent.isSeen || dependent.isLocked);
  open(search, name);
}

function isSatisfiable(link: Link): boolean {
  const { name } = link;
  if (name.isLocked) return isProvided(link, name.chosen);
  if (name.requirers === 0 && isProvided(link, null)) return true;
  return name.providers.some((provider) => provider.candidate.isSelectable && isProvided(link, provider));
}

function checkTrigger(search: Search, candidate: Candidate): void {
  if (!candidate.isTriggered && !candidate.isTriggerLost) {
    const blocking = candidate.installIf.find(
      (link) => !link.name.isLocked || !isProvided(link, link.name.chosen),
    );
    candidate.isTriggered = blocking === undefined;
    candidate.isTriggerLost = blocking?.name.isLocked ?? false;
  }
  if (!candidate.isTriggered) return;
  for (const { name } of candidate.installIf) {
    inheritTags(search, candidate, { by: name.chosen?.candidate ?? null, tag: null });
  }
}

/** Counts, for each name, in how many of the options up to here without a gap it is. */
function mergeOption(candidate: Candidate, isVirtual: boolean, before: number): void {
  for (const { name, dependency } of candidate.depends) {
    if (!dependency.isConflict && name.commonDepends === before) name.commonDepends = before + 1;
  }
  const provide = (name: Name, virtual: boolean): void => {
    if (name.commonProvides !== before) return;
    name.commonProvides = before + 1;
    name.hasVirtual ||= virtual;
  };
  provide(candidate.name, isVirtual);
  for (const { name, dependency } of candidate.provides) provide(name, dependency.operator === null);
}

function applyCommon(search: Search, name: Name, options: readonly [Candidate, ...Candidate[]]): void {
  const [first] = options;
  for (const { candidate } of name.providers) candidate.wasMerged = candidate.isMerged;
  for (const link of first.depends) {
    const isCommon = link.name.commonDepends === options.length;
    link.name.commonDepends = 0;
    if (!isCommon) continue;
    if (options.length === 1) require(search, { link, by: first });
    else if (link.name.requirers === 0) requireAny(search, link.name, first);
  }
  const provided = [first.name, ...first.provides.map((link) => link.name)];
  for (const other of provided) {
    const isCommon = other.commonProvides === options.length;
    other.commonProvides = 0;
    if (isCommon) keepProviders(search, other, name);
  }
  for (const other of provided) other.hasVirtual = false;
}

/** All options need the name, though perhaps not the same versions of it. */
function requireAny(search: Search, name: Name, by: Candidate): void {
  name.requirers++;
  firstRequired(search, name);
  for (const { candidate } of name.providers) inheritTags(search, candidate, { by, tag: null });
}

/** Rules out providers of only `name`: the one chosen for `needed` provides `name` too, and would conflict. */
function keepProviders(search: Search, name: Name, needed: Name): void {
  if (name === needed) return;
  for (const { candidate, version } of name.providers) {
    if (candidate.name === needed || !candidate.isSelectable) continue;
    if (name.hasVirtual && version === null) continue;
    const isSpared = candidate.provides.some(
      (link) => link.name === needed || (name.hasVirtual && link.dependency.operator === null),
    );
    if (!isSpared) disqualify(search, candidate);
  }
}
