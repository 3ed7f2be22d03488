import { describe, expect, it } from 'vitest';
import { reportJson, reportText } from '../../src/cli/report.ts';
import { finish, newTally, record } from '../../src/cli/tally.ts';
import { lockOf } from '../support/lock.ts';

const tally = newTally(0);
record(tally, { type: 'phase', phase: 'plan' }, 0);
record(tally, { type: 'phase', phase: 'fetch', packages: 2, bytes: 2_810_000 }, 2100);
record(tally, { type: 'bytes', bytes: 53_000 }, 2200);
record(tally, { type: 'fetched', name: 'libc6', bytes: 2_757_000, cached: true }, 2300);
record(tally, { type: 'warning', message: 'the mirror lags' }, 2400);
finish(tally, 3000);

const OUTCOME = {
  targets: [{ kind: 'directory', path: '/srv/out' }],
  result: {
    locks: [lockOf()],
    lockFile: '/srv/out.lock.json',

    sbomFiles: [],
    image: null,
    packages: 2,
    size: 13_272_000,
    entries: 9842,
    excluded: [],
  },
  tally,
  now: 3100,
} as const;

describe('reportText', () => {
  it('is this summary', async () => {
    await expect(reportText(OUTCOME)).toMatchFileSnapshot('../golden/summary.txt');
  });

  it('leaves out what there is not', () => {
    const result = { ...OUTCOME.result, lockFile: null };
    const text = reportText({ targets: [{ kind: 'stdout' }], result, tally: newTally(3000), now: 3100 });
    expect(text).toContain('made a tar on standard output\n');
    expect(text).not.toMatch(/lock|warnings|cache/);
  });
});

describe('reportJson', () => {
  it('says the same to a program', () => {
    expect(JSON.parse(reportJson(OUTCOME))).toEqual({
      type: 'result',
      targets: ['/srv/out'],
      packages: 2,
      size: 13_272_000,
      entries: 9842,
      excluded: [],
      received: 53_000,
      cached: 1,
      seconds: 3.1,
      phases: [
        { phase: 'plan', seconds: 2.1 },
        { phase: 'fetch', seconds: 0.9 },
      ],
      largest: [
        { name: 'libc6', size: 2_757_000 },
        { name: 'hello', size: 53_000 },
      ],
      warnings: ['the mirror lags'],
      lockFile: '/srv/out.lock.json',
      sbomFiles: [],
      lockDigests: ['3'.repeat(64)],
      image: null,
    });
  });
});
