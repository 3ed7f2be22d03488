import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { changesMarkdown, changesText } from '../../src/changes/text.ts';
import { copiedJson, copiedText } from '../../src/cli/copy.ts';
import { diagnosisJson, diagnosisText } from '../../src/cli/doctor.ts';
import { failureJson, failureText } from '../../src/cli/failure.ts';
import { inspectionText } from '../../src/cli/inspect.ts';
import { listText } from '../../src/cli/list-text.ts';
import { openProgress, type ProgressStyle } from '../../src/cli/progress.ts';
import { reportJson, reportText } from '../../src/cli/report.ts';
import { planJson, planText } from '../../src/cli/simulate.ts';
import { newTally, record } from '../../src/cli/tally.ts';
import { MkbaseError } from '../../src/errors.ts';
import type { Event } from '../../src/job.ts';
import { outcomeText, reportFile } from '../../src/refresh/report.ts';
import { jsonText } from '../../src/text.ts';
import { collector } from '../support/streams.ts';

/** A title for the terminal, a colour by C1, a line of its own, text that runs the other way. */
const EVIL = 'a\x1b]0;title\x07\x9b31m\x7f\r\n\u2028\u202eb';
const CONTROL = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const one = <Shape>(value: object): Shape => value as Shape;

const PACKAGE = { name: EVIL, version: EVIL, arch: EVIL, pocket: EVIL, size: 1, installedSize: 1 };
const CHANGE = { kind: 'upgraded', name: EVIL, arches: [EVIL], before: EVIL, after: EVIL, pocket: EVIL };
const CHANGES = one<Parameters<typeof changesText>[0]>({
  ...{ before: EVIL, after: EVIL, size: null },
  packages: [{ ...CHANGE, grown: 1 }],
  privileges: [{ path: EVIL, what: EVIL, before: EVIL, after: EVIL }],
  files: [{ kind: 'changed', path: EVIL, what: [EVIL] }],
  settings: [{ name: EVIL, before: EVIL, after: EVIL }],
  request: [{ name: EVIL, before: EVIL, after: EVIL }],
});
const ERROR = new MkbaseError('image/malformed', EVIL, {
  hint: EVIL,
  details: [EVIL],
  cause: new Error(EVIL),
});
const OUTCOME = one<Parameters<typeof outcomeText>[0]>({
  ...{
    name: EVIL,
    result: 'failed',
    reason: null,
    digest: EVIL,
    names: [EVIL],
    changes: CHANGES,
    seconds: 1,
  },
  error: { code: EVIL, message: EVIL, hint: EVIL, details: [EVIL], stack: EVIL, data: EVIL },
});
const DIAGNOSIS = one<Parameters<typeof diagnosisText>[0]>({
  ...{ subject: EVIL, arch: EVIL, summary: EVIL },
  findings: [{ level: 'error', message: EVIL, hint: EVIL }],
});
const PLAN = one<Parameters<typeof planText>[0]>({
  lock: { recipe: { name: EVIL }, arch: EVIL, variant: EVIL },
  packages: [PACKAGE],
  warnings: [EVIL],
});
const REPORT = () => {
  const tally = newTally(0);
  record(tally, { type: 'warning', message: EVIL }, 0);
  return one<Parameters<typeof reportText>[0]>({
    targets: [{ kind: 'directory', path: EVIL }],
    result: {
      ...{
        locks: [{ packages: [PACKAGE] }],
        lockFile: EVIL,
        sbomFiles: [EVIL],
        packages: 1,
        size: 1,
        entries: 1,
      },
      excluded: [{ glob: EVIL, bytes: 1, entries: 1 }],
      image: { manifest: { digest: EVIL } },
    },
    ...{ tally, now: 1 },
  });
};
const CONFIG = {
  User: EVIL,
  Env: [EVIL],
  Entrypoint: [EVIL],
  Volumes: { [EVIL]: {} },
  Labels: { [EVIL]: EVIL },
};
const INSPECTION = one<Parameters<typeof inspectionText>[0]>({
  ...{ digest: EVIL, mediaType: EVIL, annotations: { [EVIL]: EVIL } },
  images: [
    {
      ...{
        digest: 'other',
        id: EVIL,
        platform: { os: EVIL, architecture: EVIL },
        system: EVIL,
        created: EVIL,
      },
      ...{ author: EVIL, size: 1, unpacked: { size: 1, entries: 1 }, config: CONFIG },
      annotations: { [EVIL]: EVIL },
      layers: [{ digest: EVIL, size: 1, mediaType: EVIL }],
      history: [{ created: EVIL, by: EVIL, isEmpty: true }],
      packages: [PACKAGE],
    },
  ],
});
const RECIPE = one<Parameters<typeof listText>[0][number]>({
  from: EVIL,
  ...{ distribution: EVIL, suite: EVIL, release: EVIL, aliases: [EVIL], architectures: [EVIL] },
  ...{ endOfLife: null, pockets: [{ suite: EVIL, mirrors: { default: [EVIL] } }], components: [EVIL] },
});
const EVENTS: readonly Event[] = [
  { type: 'phase', phase: 'fetch', packages: 1 },
  { type: 'fetched', name: EVIL, bytes: 1, cached: false },
  { type: 'log', line: EVIL },
  { type: 'notice', message: EVIL },
  { type: 'warning', message: EVIL },
];

function progressOf(style: ProgressStyle): string {
  const stream = collector();
  const progress = openProgress({ stream, style, verbose: true, colour: false, clock: () => 0 });
  for (const event of EVENTS) progress.emit(event);
  progress.close('done');
  // The display's own moves of the cursor.
  return stream.text().replaceAll(/\x1b\[(\d+F|J)/g, '');
}

describe('text from outside', () => {
  it.each<[string, () => string]>([
    ['the live display', () => progressOf('live')],
    ['lines of progress', () => progressOf('lines')],
    ['events', () => progressOf('json')],
    ['the report', () => reportText(REPORT())],
    ['the report for programs', () => reportJson(REPORT())],
    ['--simulate', () => planText(PLAN)],
    ['--simulate for programs', () => planJson(PLAN)],
    ['inspect', () => inspectionText(INSPECTION)],
    ['inspect for programs', () => jsonText(INSPECTION)],
    ['doctor', () => diagnosisText(DIAGNOSIS)],
    ['doctor for programs', () => diagnosisJson(DIAGNOSIS)],
    ['diff', () => changesText(CHANGES)],
    ['diff in Markdown', () => changesMarkdown(CHANGES, EVIL)],
    ['list', () => listText([RECIPE], '2026-01-01')],
    ['list for programs', () => jsonText([RECIPE])],
    ['copy', () => copiedText([EVIL], EVIL)],
    ['copy for programs', () => copiedJson([EVIL], EVIL)],
    ["a refresh's outcome", () => outcomeText(OUTCOME)],
    ["a refresh's report", () => reportFile([OUTCOME], 'report.md')],
    ["a refresh's report for programs", () => reportFile([OUTCOME], 'report.json')],
    ['a failure', () => failureText(ERROR, { verbose: true })],
    ['a failure for programs', () => failureJson(ERROR)],
  ])('has no control over a terminal in %s', (_, make) => {
    const text = make();
    expect(text).toContain('title');
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toMatch(/^\\u2028/m);
  });

  it('is made into lines by the functions that see to it, wherever it is printed or logged', async () => {
    const src = fileURLToPath(new URL('../../src', import.meta.url));
    const names = (await readdir(join(src, 'cli'), { recursive: true })).filter((name) =>
      name.endsWith('.ts'),
    );
    const files = [
      ...names.map((name) => `cli/${name}`),
      'changes/text.ts',
      'refresh/report.ts',
      'staging/stage.ts',
    ];
    const byHand: string[] = [];
    for (const file of files) {
      const text = await readFile(join(src, file), 'utf8');
      for (const line of text.split('\n')) if (/write(Sync)?\(.*\\n/.test(line)) byHand.push(file);
    }
    // The display moves the cursor itself.
    expect(byHand).toEqual(['cli/progress.ts']);
  });
});
