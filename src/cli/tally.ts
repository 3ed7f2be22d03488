import type { Event, Phase } from '../job.ts';

/** What is known of one phase so far. */
export interface PhaseTally {
  readonly phase: Phase;
  /** Milliseconds spent in it, without the part that is running. */
  spent: number;
  /** What it has to do, where it told. */
  packages: number | null;
  bytes: number | null;
  packagesDone: number;
  bytesDone: number;
}

/** Everything counted while a job runs; a phase may be left and entered again. */
export interface Tally {
  readonly phases: PhaseTally[];
  current: PhaseTally | null;
  /** When the current phase was entered, and when the job began, in milliseconds. */
  entered: number;
  readonly began: number;
  /** Bytes that came from the network, and packages that the cache held. */
  received: number;
  cached: number;
  readonly warnings: string[];
}

export function newTally(now: number): Tally {
  return { phases: [], current: null, entered: now, began: now, received: 0, cached: 0, warnings: [] };
}

export function record(tally: Tally, event: Event, now: number): void {
  switch (event.type) {
    case 'phase':
      enter(tally, event, now);
      break;
    case 'bytes':
      tally.received += event.bytes;
      if (tally.current !== null) tally.current.bytesDone += event.bytes;
      break;
    case 'fetched':
      if (event.cached) tally.cached++;
      if (tally.current !== null) {
        tally.current.packagesDone++;
        if (event.cached) tally.current.bytesDone += event.bytes;
      }
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

/** Ends the running phase, so that `spent` is all of it. */
export function finish(tally: Tally, now: number): void {
  if (tally.current !== null) tally.current.spent += now - tally.entered;
  tally.current = null;
  tally.entered = now;
}

/** Milliseconds in this phase up to now. */
export function spentIn(tally: Tally, phase: PhaseTally, now: number): number {
  return phase.spent + (phase === tally.current ? now - tally.entered : 0);
}

function enter(tally: Tally, event: Event & { type: 'phase' }, now: number): void {
  finish(tally, now);
  let phase = tally.phases.find((known) => known.phase === event.phase);
  if (phase === undefined) {
    phase = { phase: event.phase, spent: 0, packages: null, bytes: null, packagesDone: 0, bytesDone: 0 };
    tally.phases.push(phase);
  }
  phase.packages = event.packages ?? phase.packages;
  phase.bytes = event.bytes ?? phase.bytes;
  tally.current = phase;
}

/** Staging and configuring take turns, so a package counts for its own phase and not for the running one. */
function countPackage(tally: Tally, phase: Phase): void {
  const found = tally.phases.find((known) => known.phase === phase) ?? tally.current;
  if (found !== null) found.packagesDone++;
}
