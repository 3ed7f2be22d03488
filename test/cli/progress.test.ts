import { describe, expect, it } from 'vitest';
import { openProgress, type ProgressStyle, phaseLine } from '../../src/cli/progress.ts';
import { finish, newTally, record } from '../../src/cli/tally.ts';
import type { Event } from '../../src/job.ts';
import { collector } from '../support/streams.ts';

/** A job of two packages; each event comes half a second after the one before. */
const EVENTS: readonly Event[] = [
  { type: 'phase', phase: 'plan' },
  { type: 'bytes', bytes: 500_000 },
  { type: 'warning', message: 'the mirror lags\x1b[2J behind' },
  { type: 'phase', phase: 'fetch', packages: 2, bytes: 3_000_000 },
  { type: 'bytes', bytes: 1_000_000 },
  { type: 'bytes', bytes: 1_000_000 },
  { type: 'fetched', name: 'libc6', bytes: 2_000_000, cached: false },
  { type: 'fetched', name: 'bash', bytes: 1_000_000, cached: true },
  { type: 'phase', phase: 'stage', packages: 2 },
  { type: 'staged', name: 'libc6' },
  { type: 'phase', phase: 'configure', packages: 2 },
  { type: 'configured', name: 'libc6' },
  { type: 'phase', phase: 'stage' },
  { type: 'staged', name: 'bash' },
  { type: 'phase', phase: 'configure' },
  { type: 'log', line: 'Setting up bash\tnow' },
  { type: 'configured', name: 'bash' },
  { type: 'notice', message: 'removed one key' },
];

function shown(
  style: ProgressStyle,
  { verbose = false, outcome = 'done' as 'done' | 'failed', colour = false } = {},
) {
  const stream = collector();
  let now = 0;
  const progress = openProgress({ stream, style, verbose, colour, clock: () => now });
  for (const event of EVENTS) {
    progress.emit(event);
    now += 500;
  }
  const tally = progress.close(outcome);
  return { text: stream.text(), tally };
}

describe('openProgress', () => {
  it('prints a line a phase where there is no terminal', () => {
    expect(shown('lines').text.split('\n')).toEqual([
      'plan',
      'warning: the mirror lags\\x1b[2J behind',
      'fetch: 2 packages, 3.0 MB',
      'stage: 2 packages',
      'configure: 2 packages',
      'notice: removed one key',
      '',
    ]);
  });

  it('shows what scripts say only when asked', () => {
    expect(shown('lines', { verbose: true }).text).toContain('Setting up bash\tnow\n');
    expect(shown('json').text).not.toContain('Setting up bash');
    expect(shown('json', { verbose: true }).text).toContain('Setting up bash');
  });

  it('prints nothing when quiet', () => {
    expect(shown('quiet', { verbose: true }).text).toBe('');
  });

  it('prints events as lines of JSON, with chunks of a download added up', () => {
    const events = shown('json')
      .text.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toEqual(EVENTS.filter(({ type }) => type !== 'log'));
    const stream = collector();
    const progress = openProgress({ stream, style: 'json', verbose: false, colour: false, clock: () => 0 });
    for (let i = 0; i < 10; i++) progress.emit({ type: 'bytes', bytes: 10 });
    expect(stream.text()).toBe('');
    progress.close('done');
    expect(stream.text()).toBe('{"type":"bytes","bytes":100}\n');
  });

  it('draws one block over itself, which is gone at the end and stays on a failure', () => {
    expect(screenOf(shown('live').text)).toEqual([
      'warning: the mirror lags\\x1b[2J behind',
      'notice: removed one key',
    ]);
    expect(screenOf(shown('live', { outcome: 'failed' }).text)).toEqual([
      'warning: the mirror lags\\x1b[2J behind',
      'notice: removed one key',
      'plan       500 kB  1.5 s',
      'fetch      2 packages  3.0 MB of 3.0 MB  2.5 s',
      'stage      2 packages  2.0 s',
      'configure  2 packages  3.0 s',
    ]);
  });

  it('uses bold for the running phase, and no colour at all where none is wanted', () => {
    expect(shown('live', { colour: true }).text).toContain('\x1b[1mplan');
    expect(shown('live').text).not.toContain('\x1b[1m');
  });

  it('counts bytes, packages, times and warnings', () => {
    const { tally } = shown('quiet');
    expect(tally).toMatchObject({ received: 2_500_000, cached: 1 });
    expect(tally.warnings).toEqual(['the mirror lags\x1b[2J behind']);
    expect(tally.phases.map(({ phase, spent, packagesDone }) => [phase, spent, packagesDone])).toEqual([
      ['plan', 1500, 0],
      ['fetch', 2500, 2],
      ['stage', 2000, 2],
      ['configure', 3000, 2],
    ]);
  });
});

describe('a tally', () => {
  it('lets fetching go on while packages are staged, and no other phase', () => {
    const tally = newTally(0);
    record(tally, { type: 'phase', phase: 'fetch', packages: 2, bytes: 200 }, 0);
    record(tally, { type: 'phase', phase: 'stage', packages: 2 }, 100);
    record(tally, { type: 'bytes', bytes: 200 }, 150);
    record(tally, { type: 'fetched', name: 'a', bytes: 100, cached: false }, 200);
    record(tally, { type: 'fetched', name: 'b', bytes: 100, cached: false }, 300);
    record(tally, { type: 'phase', phase: 'configure' }, 400);
    record(tally, { type: 'phase', phase: 'stage' }, 500);
    finish(tally, 600);
    expect(tally.phases.map(({ phase, spent, bytesDone }) => [phase, spent, bytesDone])).toEqual([
      ['fetch', 300, 200],
      ['stage', 400, 0],
      ['configure', 100, 0],
    ]);
  });
});

describe('a tally of what is sent', () => {
  it('counts what went before the delivery began', () => {
    const tally = newTally(0);
    record(tally, { type: 'phase', phase: 'stage' }, 0);
    record(tally, { type: 'sent', bytes: 30 }, 10);
    record(tally, { type: 'phase', phase: 'deliver', bytes: 100 }, 20);
    record(tally, { type: 'sent', bytes: 50 }, 30);
    record(tally, { type: 'sent', bytes: -20 }, 40);
    expect(tally.phases.at(-1)).toMatchObject({ phase: 'deliver', bytes: 100, bytesDone: 60 });
  });
});

describe('phaseLine', () => {
  it('tells done, all, rate and the time left of the running phase', () => {
    const tally = newTally(0);
    record(tally, { type: 'phase', phase: 'fetch', packages: 88, bytes: 45_800_000 }, 0);
    record(tally, { type: 'bytes', bytes: 22_900_000 }, 0);
    record(tally, { type: 'fetched', name: 'a', bytes: 1, cached: false }, 0);
    expect(phaseLine(tally.phases[0]!, 2000)).toBe(
      'fetch      1 of 88 packages  22.9 MB of 45.8 MB  11.4 MB/s  2.0 s left',
    );
  });
});

/** The screen of a terminal after `text`: it knows lines, "up n lines" and "erase below". */
function screenOf(text: string): string[] {
  const lines: string[] = [];
  // biome-ignore lint/complexity/useRegexLiterals: the escape character is easier to read here
  const parts = text.split(new RegExp('(\\x1b\\[\\d+F\\x1b\\[J)'));
  for (const part of parts) {
    const up = part.startsWith('\x1b[') ? Number.parseInt(part.slice(2), 10) : 0;
    if (up > 0) lines.length -= up;
    else lines.push(...part.split('\n').slice(0, -1));
  }
  return lines;
}
