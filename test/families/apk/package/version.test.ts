import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, isVersion, matchesVersion } from '../../../../src/families/apk/package/version.ts';

const TABLE = readFileSync(new URL('../../../golden/apk-versions.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(' ') as [string, '<' | '=' | '>', string]);

describe('compareVersions', () => {
  it('agrees with apk', () => {
    expect(TABLE.length).toBeGreaterThan(300);
    const wrong = TABLE.filter(([a, sign, b]) => signOf(a, b) !== sign);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['1.0~ab12-r0', '1.0', '>'],
    ['1.0_git20240101~ab12', '1.0_git20240101', '>'],
    ['1.0~ab12', '1.0~b0', '<'],
    ['1.0~ab12', '1.0-r1', '>'],
    ['100000000000000000001', '100000000000000000000', '>'],
    ['1.0!', '1.0', '<'],
    ['1.0!', '1.0?', '='],
  ] as const)('%s and %s, which only apk 3 or nobody knows', (a, b, sign) => {
    expect(signOf(a, b)).toBe(sign);
    expect(signOf(b, a)).toBe({ '<': '>', '>': '<', '=': '=' }[sign]);
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(version(), version(), version(), (a, b, c) => {
        expect(compareVersions(a, a)).toBe(0);
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
        const [low, middle, high] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(low, middle)).toBeLessThanOrEqual(0);
        expect(compareVersions(middle, high)).toBeLessThanOrEqual(0);
        expect(compareVersions(low, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('puts a part more after the version, unless it is one before a release', () => {
    fc.assert(
      fc.property(version(), (whole) => {
        const text = whole.replace(/[~-].*$/, '');
        expect(compareVersions(`${text}_p1`, text)).toBeGreaterThan(0);
        expect(compareVersions(`${text}_rc1`, text)).toBeLessThan(0);
        expect(compareVersions(`${text}-r1`, `${text}-r0`)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('matchesVersion', () => {
  it.each([
    ['1.2.3-r0', '~', '1.2', true],
    ['1.2.3-r0', '~', '1.2.3', true],
    ['1.20', '~', '1.2', false],
    ['1.2', '~', '1.2.3', false],
    ['1.2_rc1', '~', '1.2', true],
    ['1.2.9', '<~', '1.2', true],
    ['1.3', '<~', '1.2', false],
    ['1.2_rc1', '>~', '1.2', true],
    ['1.1', '>~', '1.2', false],
    ['1.10', '>', '1.9', true],
    ['1.9', '>=', '1.9', true],
    ['1.9', '<', '1.9', false],
    ['1.9', '<=', '1.9', true],
    ['1.0-r00', '=', '1.0-r0', true],
  ] as const)('%s %s %s: %s', (version, operator, wanted, matches) => {
    expect(matchesVersion(version, operator, wanted)).toBe(matches);
  });

  it('is what the order says', () => {
    fc.assert(
      fc.property(version(), version(), (a, b) => {
        const order = compareVersions(a, b);
        expect(matchesVersion(a, '<', b)).toBe(order < 0);
        expect(matchesVersion(a, '>=', b)).toBe(order >= 0);
        expect(matchesVersion(a, '=', b)).toBe(order === 0);
        if (order === 0) expect(matchesVersion(a, '~', b)).toBe(true);
      }),
    );
  });
});

describe('isVersion', () => {
  it.each(['1', '1.0', '1.0a', '6.8.0p2-r4', '1.0_alpha', '1.0_p1_git2-r3', '1.0~ab12-r0', '2023.01.05-r0'])(
    'takes %s',
    (text) => expect(isVersion(text)).toBe(true),
  );

  it.each(['', 'a', '1.', '1..0', '1.0-1', '1.0-r', '1.0_foo', '1.0-r1_p1', '1:0', '1.0~', '1.0A', '1.0 '])(
    'refuses `%s`',
    (text) => expect(isVersion(text)).toBe(false),
  );

  it('takes all that the order is checked with', () => {
    fc.assert(fc.property(version(), (text) => isVersion(text)));
  });
});

function signOf(a: string, b: string): '<' | '=' | '>' {
  const order = compareVersions(a, b);
  return order < 0 ? '<' : order > 0 ? '>' : '=';
}

function version() {
  const digits = fc.constantFrom('0', '1', '2', '9', '10', '01', '00', '010', '20240101');
  const suffix = fc.constantFrom(
    '_alpha',
    '_beta2',
    '_pre',
    '_rc1',
    '_cvs',
    '_svn3',
    '_git20240101',
    '_hg',
    '_p1',
  );
  return fc
    .tuple(
      fc.array(digits, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
      fc.constantFrom('', '', 'a', 'b', 'p2'),
      fc.array(suffix, { maxLength: 2 }).map((parts) => parts.join('')),
      fc.constantFrom('', '', '~ab', '~b0'),
      fc.constantFrom('', '-r0', '-r1', '-r10'),
    )
    .map((parts) => parts.join(''));
}
