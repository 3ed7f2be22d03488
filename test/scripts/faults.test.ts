import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../scripts/fault-summary.ts';
import { FAULT_TABLES } from '../../scripts/fault-tables.ts';

describe('the tables of faults', () => {
  it.each(FAULT_TABLES)('name each fault of $of once, and files that are there', ({ faults }) => {
    const whats = faults.map(([what]) => what);
    expect(whats).toEqual([...new Set(whats)]);
    const files = faults.map(([, file]) => file);
    const missing = files.filter(
      (file) => !existsSync(fileURLToPath(new URL(`../${file}.test.ts`, import.meta.url))),
    );
    expect(missing).toEqual([]);
  });

  // Tests of the live suite take half an hour to tell that a name is of no test: their words are looked for.
  it.each(FAULT_TABLES)('name faults of $of by words that the live test has', ({ faults }) => {
    const live = faults.filter(([, file]) => file.startsWith('live/'));
    const strange = live.filter(([, file, name]) => {
      const text = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
      return name.match(/[a-z]{3,}/gi)?.some((word) => !text.includes(word));
    });
    expect(strange).toEqual([]);
  });
});

describe('the summary', () => {
  const report = (file: string, tests: Readonly<Record<string, string>>) => ({
    testResults: [
      {
        name: `/checkout/test/${file}.test.ts`,
        assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
      },
    ],
  });
  const good = { of: 'one', faults: [['a', 'x', 'is refused']] } as const;

  it('counts what is as promised over all reports, by parts of names', () => {
    const faults = [['b', 'live/y', 'by SIGKILL']] as const;
    const reports = [report('x', { 'a is refused': 'passed', other: 'failed' }), report('live/y', {})];
    const ended = report('live/y', {
      'ended by SIGKILL in `plan`': 'passed',
      'by SIGKILL in `fetch`': 'passed',
    });
    expect(summaryOf([good, { of: 'two', faults }], [...reports, ended])).toEqual({
      lines: [
        'one: 1 tried, 1 as promised',
        'two: 1 tried, 1 as promised',
        'all faults: 2 tried, 2 as promised',
      ],
      good: true,
    });
  });

  it.each([
    ['broken', { 'a is refused': 'passed', 'b is refused': 'failed' }, 1, false],
    ['not tried here', { 'a is refused': 'skipped' }, 0, true],
    ['without a test', { 'a is taken': 'passed' }, 0, false],
  ])('names what is %s', (verdict, tests, tried, isGood) => {
    expect(summaryOf([good], [report('x', tests)])).toEqual({
      lines: [
        `one: ${tried} tried, 0 as promised`,
        `  ${verdict}: a`,
        `all faults: ${tried} tried, 0 as promised`,
      ],
      good: isGood,
    });
  });
});
