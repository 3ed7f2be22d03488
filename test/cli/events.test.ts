import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { copiedJson } from '../../src/cli/copy.ts';
import { failureJson, failureOf } from '../../src/cli/failure.ts';
import { openProgress } from '../../src/cli/progress.ts';
import { reportJson } from '../../src/cli/report.ts';
import { planJson } from '../../src/cli/simulate.ts';
import { newTally } from '../../src/cli/tally.ts';
import { EXIT_STATUS, MkbaseError } from '../../src/errors.ts';
import type { Event } from '../../src/job.ts';
import { lockOf } from '../support/lock.ts';
import { collector } from '../support/streams.ts';

const schema = JSON.parse(await readFile(new URL('../../docs/events.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv({ allowUnionTypes: true }).compile(schema);

function problemsOf(line: string) {
  return validate(JSON.parse(line)) ? [] : validate.errors;
}

const EVENTS: readonly Event[] = [
  { type: 'phase', phase: 'plan' },
  { type: 'phase', phase: 'fetch', packages: 88, bytes: 45_800_000 },
  { type: 'bytes', bytes: 1000 },
  { type: 'sent', bytes: 1000 },
  { type: 'fetched', name: 'libc6', bytes: 1000, cached: false },
  { type: 'staged', name: 'libc6' },
  { type: 'configured', name: 'libc6' },
  { type: 'log', line: 'Setting up libc6' },
  { type: 'notice', message: 'x' },
  { type: 'warning', message: 'x' },
];

describe('the schema of events', () => {
  it('holds for every event of a job', () => {
    const stream = collector();
    const progress = openProgress({ stream, style: 'json', verbose: true, colour: false, clock: () => 0 });
    for (const event of EVENTS) progress.emit(event);
    progress.close('done');
    const lines = stream.text().trimEnd().split('\n');
    expect(lines).toHaveLength(EVENTS.length);
    for (const line of lines) expect(problemsOf(line)).toEqual([]);
  });

  it('holds for results, plans and errors', () => {
    const lock = lockOf();
    const result = {
      locks: [lock],
      lockFile: null,
      sbomFiles: [],
      image: null,
      packages: 2,
      size: 1,
      entries: 1,
      excluded: [{ glob: '/x', entries: 1, bytes: 0 }],
    };
    const outcome = { targets: [{ kind: 'stdout' }], result, tally: newTally(0), now: 1 } as const;
    expect(problemsOf(reportJson(outcome))).toEqual([]);
    expect(problemsOf(copiedJson(['docker://base'], `sha256:${'0'.repeat(64)}`))).toEqual([]);
    expect(
      problemsOf(planJson({ lock, packages: [], urlsOf: () => [], seedFiles: [], warnings: [] })),
    ).toEqual([]);
    expect(problemsOf(failureJson(failureOf(new Error('x'))))).toEqual([]);
    for (const name of Object.keys(EXIT_STATUS) as (keyof typeof EXIT_STATUS)[]) {
      expect(problemsOf(failureJson(new MkbaseError(`${name}/x`, 'x', { data: [1] })))).toEqual([]);
    }
  });

  it('refuses what is no event', () => {
    expect(validate({ type: 'phase', phase: 'lunch' })).toBe(false);
    expect(validate({ type: 'error', code: 'bad', message: 'x' })).toBe(false);
  });
});
