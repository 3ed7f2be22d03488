import { describe, expect, test } from 'vitest';
import { parseRetryAfter, waitBefore } from '../../src/fetch/retry.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

test.each([
  [null, null],
  ['5', 5000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2025 00:00:30 GMT', 0],
  ['soon', null],
  ['99999999999999999999', null],
])('Retry-After: %s is %s ms', (header, expected) => {
  expect(parseRetryAfter(header, NOW)).toBe(expected);
});

describe('waitBefore', () => {
  test('doubles, with jitter between half and the whole', () => {
    const waits = (random: number) =>
      [1, 2, 3, 4].map((attempts) => waitBefore({ code: 'network/cut', attempts, retryAfter: null, random }));
    expect(waits(0)).toEqual([250, 500, 1000, null]);
    expect(waits(1)).toEqual([500, 1000, 2000, null]);
  });

  test('asks no second time for what will not change', () => {
    expect(waitBefore({ code: 'network/not-found', attempts: 1, retryAfter: null, random: 0 })).toBeNull();
  });
});
