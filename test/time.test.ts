import { expect, test } from 'vitest';
import { isoDay, isoTime, parseDuration, sourceDateEpoch } from '../src/time.ts';

test('a duration is a number and a unit', () => {
  expect(['30s', '90m', '36h', '7d', '4w'].map(parseDuration)).toEqual([
    30, 5400, 129_600, 604_800, 2_419_200,
  ]);
  expect(['', '7', 'd', '07d', '1.5h', '7 d', '7y'].map(parseDuration)).toEqual(Array(7).fill(null));
});

test('moments are written to the second, in UTC', () => {
  expect(isoTime(1_714_564_800)).toBe('2024-05-01T12:00:00Z');
  expect(isoTime(new Date('2024-05-01T14:00:00.250+02:00'))).toBe('2024-05-01T12:00:00Z');
  expect(isoDay(new Date('2024-05-01T23:59:59.999Z'))).toBe('2024-05-01');
});

test('a time outside of the years of RFC 3339 becomes the nearest that it has', () => {
  // The largest number of an `ar` header; what a PAX record can hold; before the year 0.
  expect([999_999_999_999, 9_007_199_254_740_991, -99_999_999_999].map(isoTime)).toEqual([
    ...['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z'],
  ]);
  expect([253_402_300_799.9, -1].map(isoTime)).toEqual(['9999-12-31T23:59:59Z', '1969-12-31T23:59:59Z']);
});

test('SOURCE_DATE_EPOCH is whole seconds, or not set', () => {
  expect(sourceDateEpoch({ SOURCE_DATE_EPOCH: '1500' })).toBe(1500);
  expect(sourceDateEpoch({ SOURCE_DATE_EPOCH: '' })).toBeNull();
  expect(sourceDateEpoch({})).toBeNull();
  for (const text of ['yesterday', '-1', '1.5', '1e9', '2024-05-01']) {
    expect(() => sourceDateEpoch({ SOURCE_DATE_EPOCH: text })).toThrow(
      expect.objectContaining({ code: 'usage/bad-epoch' }),
    );
  }
});
