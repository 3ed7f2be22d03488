import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../src/registry/challenge.ts';

describe('parseChallenges', () => {
  it.each<[string, [string, Record<string, string>][]]>([
    ['Basic realm="Registry"', [['basic', { realm: 'Registry' }]]],
    ['basic', [['basic', {}]]],
    [
      'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          { realm: 'https://auth.example/token', service: 'reg', scope: 'repository:a/b:pull,push' },
        ],
      ],
    ],
    ['Bearer Realm = "a\\"b" , error=invalid_token', [['bearer', { realm: 'a"b', error: 'invalid_token' }]]],
    [
      'Negotiate, Basic realm="x", Bearer realm="y"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
        ['bearer', { realm: 'y' }],
      ],
    ],
    ['', []],
    ['"junk', []],
    ['Bearer realm="unended', [['bearer', {}]]],
  ])('reads %s', (header, challenges) => {
    const read = parseChallenges(header).slice(0, challenges.length);
    expect(read.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual(
      challenges,
    );
  });

  it('ends with any text in a moment', () => {
    const began = performance.now();
    parseChallenges(`Bearer ${'a="\\'.repeat(20_000)}`);
    parseChallenges('a '.repeat(50_000));
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
