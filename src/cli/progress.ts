import type { Writable } from 'node:stream';
import type { Event } from '../job.ts';
import { bytesText, counted, durationText, jsonText, linesText } from '../text.ts';
import { finish, newTally, type PhaseTally, record, spentIn, type Tally } from './tally.ts';

/**
 * `live`: one block on a terminal that is drawn over itself. `lines`: a line a phase. `json`: every
 * event as a line. `quiet`: nothing.
 */
export type ProgressStyle = 'live' | 'lines' | 'json' | 'quiet';

export interface ProgressOptions {
  readonly stream: Writable & { readonly columns?: number };
  readonly style: ProgressStyle;
  /** Whether what scripts say is shown. */
  readonly verbose: boolean;
  readonly colour: boolean;
  /** Milliseconds, for durations only. */
  readonly clock: () => number;
}

export interface Progress {
  readonly emit: (event: Event) => void;
  /** Ends the display and gives what was counted. On a failure the block stays, to show how far it came. */
  readonly close: (outcome: 'done' | 'failed') => Tally;
}

const REDRAW_MS = 100;
const JSON_BYTES_MS = 250;

export function openProgress(options: ProgressOptions): Progress {
  const tally = newTally(options.clock());
  const display = { live: liveDisplay, lines: lineDisplay, json: jsonDisplay, quiet: quietDisplay }[
    options.style
  ];
  const { show, end } = display(tally, options);
  return {
    emit: (event) => {
      record(tally, event, options.clock());
      if (event.type !== 'log' || options.verbose) show(event);
    },
    close: (outcome) => {
      finish(tally, options.clock());
      end(outcome);
      return tally;
    },
  };
}

interface Display {
  readonly show: (event: Event) => void;
  readonly end: (outcome: 'done' | 'failed') => void;
}

function quietDisplay(): Display {
  return { show: () => {}, end: () => {} };
}

function lineDisplay(_tally: Tally, { stream }: ProgressOptions): Display {
  const reported = new Set<string>();
  const show = (event: Event) => {
    const message = messageOf(event);
    if (message !== null) stream.write(linesText([message]));
    if (event.type !== 'phase' || reported.has(event.phase)) return;
    reported.add(event.phase);
    const facts = [
      ...(event.packages === undefined ? [] : [counted(event.packages, 'package')]),
      ...(event.bytes === undefined ? [] : [bytesText(event.bytes)]),
    ];
    stream.write(linesText([facts.length === 0 ? event.phase : `${event.phase}: ${facts.join(', ')}`]));
  };
  return { show, end: () => {} };
}

/** Chunks of a transfer are many: they are added up and reported a few times a second. */
function jsonDisplay(_tally: Tally, { stream, clock }: ProgressOptions): Display {
  const sums = { bytes: 0, sent: 0 };
  let reported = clock();
  const tellBytes = () => {
    for (const type of ['bytes', 'sent'] as const) {
      if (sums[type] > 0) stream.write(jsonText({ type, bytes: sums[type] }));
      sums[type] = 0;
    }
    reported = clock();
  };
  const show = (event: Event) => {
    if (event.type === 'bytes' || event.type === 'sent') {
      sums[event.type] += event.bytes;
      if (clock() - reported >= JSON_BYTES_MS) tellBytes();
      return;
    }
    tellBytes();
    stream.write(jsonText(event));
  };
  return { show, end: tellBytes };
}

function liveDisplay(tally: Tally, { stream, colour, clock }: ProgressOptions): Display {
  let drawn = 0;
  const erased = () => (drawn === 0 ? '' : `\x1b[${drawn}F\x1b[J`);
  const draw = (above = '') => {
    const width = (stream.columns ?? 80) - 1;
    const lines = tally.phases.map((phase) => {
      const line = phaseLine(phase, clock()).slice(0, width);
      return colour && phase.since !== null ? `\x1b[1m${line}\x1b[0m` : line;
    });
    stream.write(`${erased()}${above}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, REDRAW_MS).unref();
  const show = (event: Event) => {
    const message = messageOf(event);
    if (message !== null) draw(linesText([message]));
    else if (event.type === 'phase') draw();
  };
  const end = (outcome: 'done' | 'failed') => {
    clearInterval(timer);
    if (outcome === 'failed') draw();
    else stream.write(erased());
  };
  return { show, end };
}

/** `fetch      57 of 88 packages  31.2 of 45.8 MB  12.4 MB/s  1.2 s left` */
export function phaseLine(phase: PhaseTally, now: number): string {
  const spent = spentIn(phase, now);
  const facts: string[] = [];
  if (phase.packages !== null) facts.push(progressText(phase.packagesDone, phase.packages, 'packages'));
  else if (phase.packagesDone > 0) facts.push(counted(phase.packagesDone, 'package'));
  if (phase.bytes !== null) facts.push(`${bytesText(phase.bytesDone)} of ${bytesText(phase.bytes)}`);
  else if (phase.bytesDone > 0) facts.push(bytesText(phase.bytesDone));
  if (phase.since !== null) {
    const rate = spent > 0 ? phase.bytesDone / spent : 0;
    if (rate > 0) facts.push(`${bytesText(rate * 1000)}/s`);
    const left = remaining(phase, spent);
    facts.push(left === null ? durationText(spent) : `${durationText(left)} left`);
  } else {
    facts.push(durationText(spent));
  }
  return `${phase.phase.padEnd(9)}  ${facts.join('  ')}`;
}

function progressText(done: number, all: number, noun: string): string {
  return done >= all ? `${all} ${noun}` : `${done} of ${all} ${noun}`;
}

/** Milliseconds that the rest will take if it goes on like this; null before there is a sign. */
function remaining(phase: PhaseTally, spent: number): number | null {
  const [done, all] =
    phase.bytes === null ? [phase.packagesDone, phase.packages] : [phase.bytesDone, phase.bytes];
  if (all === null || done === 0 || spent < 500) return null;
  return Math.max(0, (spent * (all - done)) / done);
}

function messageOf(event: Event): string | null {
  switch (event.type) {
    case 'log':
      return event.line;
    case 'notice':
    case 'warning':
      return `${event.type}: ${event.message}`;
    default:
      return null;
  }
}
