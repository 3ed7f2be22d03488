import type { Event, Phase } from '../job.ts';

/** The progress of one phase so far. */
export interface PhaseTally {
  readonly phase: Phase;
  /** Milliseconds spent in it before it was entered last. */
  spent: number;
  /** When it was entered, in milliseconds; null while it is not running. */
  since: number | null;
  /** Its total, where it is known. */
  packages: number | null;
  bytes: number | null;
  packagesDone: number;
  bytesDone: number;
}

/** Everything counted while a job runs; a phase may be left and entered again. */
export interface Tally {
  readonly phases: PhaseTally[];
  /** When the job began, in milliseconds. */
  readonly began: number;
  /** Bytes that came from the network, and packages that the cache held. */
  received: number;
  cached: number;
  /** Bytes that registries have got, or had. */
  sent: number;
  readonly warnings: string[];
}

export function newTally(now: number): Tally {
  return { phases: [], began: now, received: 0, cached: 0, sent: 0, warnings: [] };
}

export function record(tally: Tally, event: Event, now: number): void {
  switch (event.type) {
    case 'phase':
      enter(tally, event, now);
      break;
    case 'bytes': {
      tally.received += event.bytes;
      const phase = phaseOf(tally, 'fetch') ?? tally.phases.at(-1);
      if (phase !== undefined) phase.bytesDone += event.bytes;
      break;
    }
    case 'sent': {
      tally.sent += event.bytes;
      const phase = phaseOf(tally, 'deliver');
      if (phase !== undefined) phase.bytesDone = tally.sent;
      break;
    }
    case 'fetched':
      if (event.cached) tally.cached++;
      countFetched(tally, event, now);
      break;
    case 'staged':
      countPackage(tally, 'stage');
      break;
    case 'configured':
      countPackage(tally, 'configure');
      break;
    case 'warning':
      tally.warnings.push(event.message);
      break;
  }
}

/** Ends what is running, so that `spent` is all of it. */
export function finish(tally: Tally, now: number): void {
  for (const phase of tally.phases) leave(phase, now);
}

/** Milliseconds in this phase up to now. */
export function spentIn(phase: PhaseTally, now: number): number {
  return phase.spent + (phase.since === null ? 0 : now - phase.since);
}

function enter(tally: Tally, event: Event & { type: 'phase' }, now: number): void {
  for (const phase of tally.phases) {
    if (!isFetching(phase)) leave(phase, now);
  }
  let phase = phaseOf(tally, event.phase);
  if (phase === undefined) {
    const nothing = { packages: null, bytes: null, packagesDone: 0, bytesDone: 0 };
    phase = { phase: event.phase, spent: 0, since: null, ...nothing };
    // Layers of the first architectures are sent while others are made.
    if (phase.phase === 'deliver') phase.bytesDone = tally.sent;
    tally.phases.push(phase);
  }
  phase.packages = event.packages ?? phase.packages;
  phase.bytes = event.bytes ?? phase.bytes;
  phase.since ??= now;
}

function leave(phase: PhaseTally, now: number): void {
  phase.spent = spentIn(phase, now);
  phase.since = null;
}

/** Packages are staged while others are still on their way: of all phases only fetching goes on beside another. */
function isFetching({ phase, packages, packagesDone }: PhaseTally): boolean {
  return phase === 'fetch' && packages !== null && packagesDone < packages;
}

function countFetched(tally: Tally, { bytes, cached }: Event & { type: 'fetched' }, now: number): void {
  const phase = phaseOf(tally, 'fetch');
  if (phase === undefined) return;
  phase.packagesDone++;
  if (cached) phase.bytesDone += bytes;
  if (!isFetching(phase) && phase !== tally.phases.at(-1)) leave(phase, now);
}

/** Staging and configuring take turns, so a package counts for its own phase and not for the running one. */
function countPackage(tally: Tally, name: Phase): void {
  const phase = phaseOf(tally, name);
  if (phase !== undefined) phase.packagesDone++;
}

function phaseOf(tally: Tally, name: Phase): PhaseTally | undefined {
  return tally.phases.find(({ phase }) => phase === name);
}
