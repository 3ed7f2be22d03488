import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, satisfies } from '../../../../src/families/apt/package/version.ts';

// Each line as `dpkg --compare-versions` of dpkg 1.21.22 answers.
const DPKG = `
0 < 0.1
0 < 1-2-3
0 < 1.0-0
0 < 1.0.
0.1 < 1.0-0
0.1 < a1
00.1 < 1.0+
00.1 < 1.0.dfsg-1
00.1 < 1.0a
00.1 < 1.0~
00.1 < 20220101
00.1 = 0.1
0:1.0 < 1.0+
0:1.0 < 1.0+dfsg1-1
0:1.0 = 1.00
1-2-3 < 1.0+
1-2-3 < 1.0-1~bpo12+1
1-2-3 < 1.0b
1-2.3-3 < 0:1.0
1-2.3-3 < 1.0.dfsg-1
1-2.3-3 < 1.0~
1-2.3-3 < 2
1-2.3-3 > 0.1
1.0 < 1.0+dfsg1-1
1.0 < 1.0-1+deb12u1
1.0 > 1.0-0~
1.0+ < 10
1.0+ < 2
1.0+ > 1-2-3
1.0+ > 1.0-0~
1.0+b1 < 100000000000000000000
1.0+b1 > 0.1
1.0+b1 > 0~
1.0+dfsg-1 > 1-2-3
1.0+dfsg-1 > 1.0~~
1.0+dfsg1-1 < 2022.01.01
1.0+dfsg1-1 > 0~
1.0+dfsg1-1 > 1.0-1+deb12u2
1.0-0 < 1.0.dfsg-1
1.0-0 < 1.0A
1.0-0 < 1.2.3-4ubuntu1
1.0-0 < 10
1.0-0 < 20220101
1.0-0 = 1.0-0
1.0-0 > 0
1.0-0.0 < 1.0+
1.0-0.0 < 1.0A
1.0-0.0 > 1.0-~
1.0-00 < 1.0-1+deb12u2
1.0-00 > 00.1
1.0-0~ < 100000000000000000000
1.0-1 < 1.2.3-4ubuntu1
1.0-1 < 1:1.0
1.0-1+deb12u1 < 1.0+
1.0-1+deb12u1 < 1.0.
1.0-1+deb12u1 < 1.0z
1.0-1+deb12u1 < 10
1.0-1+deb12u2 > 1.0-0
1.0-1+deb12u2 > 1.0~rc1
1.0-1.1 < a1
1.0-1.1 > 1.0~~
1.0-1build1 < 1.0-1+deb12u2
1.0-1build1 < 1.0-1.1
1.0-1build1 < 2022.01.01
1.0-1~bpo12+1 > 00.1
1.0-1~bpo12+1 > 1.0-~
1.0-1~bpo12+1 > 1.0~
1.0-~ < 1.0z
1.0-~ < 10
1.0. < 1:0.9
1.0. > 1.0-1.1
1.0.dfsg-1 < 20220101
1.0.dfsg-1 > 00.1
1.0.dfsg-1 > 1.0+dfsg-1
1.0.dfsg-1 > 1.0.1
1.00 < 1.0.
1.00 < 1:0.9
1.00 < 20220101
1.00 = 1.0-00
1.00 = 1.00
1.00 > 00.1
1.00 > 1.0-~
1.0A < 1.0.
1.0A < 10
1.0A < 1:1.0
1.0A > 0.1
1.0A > 1.0-00
1.0a < 2
1.0a > 0~
1.0a > 1-2-3
1.0a > 1.0
1.0b < 99999999999999999999
1.0b > 1.0-0.0
1.0b > 1.0-1+deb12u2
1.0z < 1.0+dfsg1-1
1.0z > 1.0-0~
1.0z > 1.00
1.0~ < 1.0+dfsg1-1
1.0~ < 1.0-1.1
1.0~ < 1.0.
1.0~ < 2
1.0~rc1 < 1.0-1~bpo12+1
1.0~rc1 = 1.0~rc1
1.0~rc1 > 1.0~~
1.2.3-4ubuntu1 = 1.2.3-4ubuntu1
1.2.3-4ubuntu1 > 1.0-00
1.2.3-4ubuntu1 > 1.0-1+deb12u2
10 > 1.0
10 > 1.0-0
10 > 1.0-1build1
100000000000000000000 > 00.1
100000000000000000000 > 0~
100000000000000000000 > 1-2.3-3
100000000000000000000 > 1.0.dfsg-1
1:0.9 > 0.1
1:0.9 > 1.0-0~
1:0.9 > a1
1:1.0 > 0:1.0
1:1.0 > 1.0+b1
1:1.0 > 9
2 < 2022.01.01
2 < 99999999999999999999
2 > 1.0~
2022.01.01 > 00.1
2022.01.01 > 1-2.3-3
2022.01.01 > 1.0-0
2022.01.01 > 1.0-0~
2022.01.01 > 2
20220101 < 1:0.9
20220101 < a1
9 > 1.0-1+deb12u1
99999999999999999999 > 1.0
a1 > 1-2-3
a1 > 1.0b
a1 > 10
`
  .trim()
  .split('\n');

describe('compareVersions', () => {
  it.each(DPKG)('agrees with dpkg: %s', (line) => {
    const [a = '', relation = '', b = ''] = line.split(' ');
    const sign = { '<': -1, '=': 0, '>': 1 }[relation];
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  const version = fc.oneof(
    fc.stringMatching(/^(?:[0-3]:)?[0-9][0-9a-b.+~-]{0,6}$/),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );

  it('is antisymmetric for any text', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
      }),
    );
  });

  it('is transitive for any text', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        fc.pre(compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0);
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('satisfies', () => {
  it.each([
    ['1.0', '<<', '1.0', false],
    ['1.0', '<=', '1.0-0', true],
    ['1.0', '=', '0:1.0', true],
    ['1.0~rc1', '>=', '1.0', false],
    ['1.0+b1', '>>', '1.0', true],
  ] as const)('%s %s %s is %s', (version_, op, wanted, expected) => {
    expect(satisfies(version_, op, wanted)).toBe(expected);
  });
});
