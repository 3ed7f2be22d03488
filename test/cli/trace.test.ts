import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { failureOf, failureText } from '../../src/cli/failure.ts';
import { traceOf } from '../../src/cli/trace.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/bundles/host.js', import.meta.url));

it('names the source of what a bundle has thrown', () => {
  const lines = readFileSync(BUNDLE, 'latin1').split('\n');
  const row = lines.findIndex((line) => line.includes('function traceOf('));
  const column = lines[row]!.indexOf('function traceOf(');
  const error = new Error('a bug');
  const place = `${BUNDLE}:${row + 1}:${column + 1}`;
  error.stack = `Error: a bug\n    at traceOf (${place})\n    at async ${place}\n    at node:fs:1:1\n    at run (/nowhere.js:1:2)`;
  const source = readFileSync(new URL('../../src/cli/trace.ts', import.meta.url), 'utf8').split('\n');
  const line = source.findIndex((text) => text.includes('function traceOf(')) + 1;
  expect(traceOf(error)).toEqual([
    `    at traceOf (src/cli/trace.ts:${line})`,
    `    at async src/cli/trace.ts:${line}`,
    '    at node:fs:1:1',
    '    at run (/nowhere.js:1:2)',
  ]);
});

it('is shown of a bug, where causes are asked for', () => {
  const bug = failureOf(new TypeError('no such thing'));
  expect(failureText(bug, { verbose: true })).toMatch(/caused by: no such thing\n +at .*trace\.test\.ts/);
  expect(failureText(bug, { verbose: false })).not.toMatch(/^ +at /m);
});
