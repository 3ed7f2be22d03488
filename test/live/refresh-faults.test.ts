import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BASE, type Bench, openBench } from '../refresh/refresh-support.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

// Here, as retries take their time.
describe('mkbase refresh', () => {
  it('is put off by a registry that has only errors, or that hangs', async () => {
    const first = await bench.refresh();
    const upgraded = { packages: [{ ...BASE, version: '1.1' }], date: '2026-01-03' };
    const answers = [
      (_: unknown, response: ServerResponse) => response.writeHead(500).end(),
      () => {}, // None.
    ];
    const codes = [
      ['registry/server-error', '60s'],
      ['host/deadline', '5s'],
    ] as const;
    for (const [index, [code, timeout]] of codes.entries()) {
      bench.registry.faults.push({ method: 'PUT', path: /manifests\//, times: 50, answer: answers[index]! });
      const { status, outcome } = await bench.refresh(`--timeout ${timeout}`, upgraded);
      expect([status, outcome.error?.code]).toEqual([75, code]);
      expect(bench.digestOf('base')).toBe(first.outcome.digest);
      bench.registry.faults.length = 0;
    }
  });
});
