/**
 * The tables of faults as one suite. Reports by vitest's JSON reporter may be given; else the tests of the
 * tables are run first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summaryOf, type TestReport } from './fault-summary.ts';
import { FAULT_TABLES } from './fault-tables.ts';

const given = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'mkbase-faults-'));
try {
  const reports = (given.length > 0 ? given : runTests()).filter((file) => existsSync(file));
  const { lines, good } = summaryOf(FAULT_TABLES, reports.map(read));
  console.log(lines.join('\n'));
  process.exitCode = good ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The tests of both suites; their reports. */
function runTests(): string[] {
  const names = new Set(
    FAULT_TABLES.flatMap(({ faults }) => faults.map(([, file]) => `test/${file}.test.ts`)),
  );
  const files = [...names];
  const suites = {
    'vitest.config.ts': files.filter((file) => !file.startsWith('test/live/')),
    'vitest.live.config.ts': files.filter((file) => file.startsWith('test/live/')),
  };
  return Object.entries(suites).map(([config, ofSuite]) => {
    const report = join(folder, `${config}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    spawnSync('npx', ['vitest', 'run', '--config', config, ...reporters, ...ofSuite], { stdio: 'inherit' });
    return report;
  });
}

function read(file: string): TestReport {
  return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
}
