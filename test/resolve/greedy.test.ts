import { describe, expect, it } from 'vitest';
import type { AptSource } from '../../src/families/apt/choose/apt-version.ts';
import { openUniverse } from '../../src/families/apt/choose/universe.ts';
import { solveGreedily } from '../../src/resolve/greedy.ts';
import { solveLikeApt3 } from '../../src/resolve/solver3.ts';
import type { SolveOptions } from '../../src/resolve/universe.ts';
import { type Fields, source } from '../support/index-text.ts';

type Options = Omit<SolveOptions, 'requests' | 'installed'> & { readonly solve?: typeof solveGreedily };

/** `name` or `name=version` of the plan, sorted; null where the solver refuses. */
function solve(
  given: readonly Fields[] | readonly AptSource[],
  wanted: string,
  { solve: solver = solveGreedily, ...options }: Options = {},
): string | null {
  const sources = given.every((one): one is AptSource => 'index' in one)
    ? given
    : [source(given as Fields[])];
  const universe = openUniverse(sources, { arch: 'amd64' });
  const requests = wanted.split(' ').map((name) => {
    const { candidate } = universe.find(name);
    return { package: universe.find(name), version: candidate!, by: 'user' as const };
  });
  const plan = solver(universe, { requests, ...options }).plan;
  const show = (name: string, version: string) => (version === '1.0' ? name : `${name}=${version}`);
  return (
    plan
      ?.map((version) => show(version.package.name, version.version))
      .sort()
      .join(' ') ?? null
  );
}

const SOLVERS = [
  ['classic', solveGreedily],
  ['apt 3', solveLikeApt3],
] as const;

describe.each(SOLVERS)('what both solvers do: %s', (_, solver) => {
  const run = (given: readonly Fields[] | readonly AptSource[], wanted: string, options: Options = {}) =>
    solve(given, wanted, { ...options, solve: solver });

  it('takes dependencies and pre-dependencies', () => {
    const stanzas = [
      { Package: 'a', Depends: 'b', Pre_Depends: 'c' },
      { Package: 'b' },
      { Package: 'c' },
      { Package: 'd' },
    ];
    expect(run(stanzas, 'a')).toBe('a b c');
  });

  it('takes the first alternative that can be had', () => {
    const stanzas = [
      { Package: 'a', Depends: 'missing | b | c' },
      { Package: 'b', Depends: 'missing' },
      { Package: 'c' },
    ];
    expect(run(stanzas, 'a')).toBe('a c');
  });

  it('takes no alternative where another is in the plan already', () => {
    const stanzas = [{ Package: 'a', Depends: 'b | c' }, { Package: 'b' }, { Package: 'c' }];
    expect(run(stanzas, 'a c')).toBe('a c');
  });

  it('prefers the real package to one that provides the name', () => {
    const stanzas = [
      { Package: 'a', Depends: 'x' },
      { Package: 'p', Provides: 'x', Priority: 'required' },
      { Package: 'x', Priority: 'extra' },
    ];
    expect(run(stanzas, 'a')).toBe('a x');
  });

  it('prefers an Essential provider, then the better priority', () => {
    const providers = [
      { Package: 'p', Provides: 'x' },
      { Package: 'q', Provides: 'x', Priority: 'standard' },
    ];
    expect(run([{ Package: 'a', Depends: 'x' }, ...providers], 'a')).toBe('a q');
    const essential = { Package: 'r', Provides: 'x', Essential: 'yes' };
    expect(run([{ Package: 'a', Depends: 'x' }, ...providers, essential], 'a')).toBe('a r');
  });

  it('meets a versioned dependency by a versioned provision only', () => {
    const stanzas = [
      { Package: 'a', Depends: 'x (>= 2)' },
      { Package: 'p', Provides: 'x', Priority: 'required' },
      { Package: 'q', Provides: 'x (= 2.1)' },
    ];
    expect(run(stanzas, 'a')).toBe('a q');
  });

  it('meets `:any` by a package that is Multi-Arch: allowed, and not by others', () => {
    const a = { Package: 'a', Depends: 'b:any' };
    expect(run([a, { Package: 'b', Multi_Arch: 'allowed' }], 'a')).toBe('a b');
    expect(run([a, { Package: 'b', Multi_Arch: 'foreign' }], 'a')).toBeNull();
  });

  it('takes our own architecture by name, and no other', () => {
    expect(run([{ Package: 'a', Depends: 'b:amd64' }, { Package: 'b' }], 'a')).toBe('a b');
    expect(run([{ Package: 'a', Depends: 'b:i386' }, { Package: 'b' }], 'a')).toBeNull();
  });

  it.each(['Conflicts', 'Breaks'])('refuses two packages of which one has %s on the other', (field) => {
    expect(run([{ Package: 'a', [field]: 'b' }, { Package: 'b' }], 'a b')).toBeNull();
    expect(run([{ Package: 'a', [field]: 'b' }, { Package: 'b' }], 'b a')).toBeNull();
  });

  it('lets a package conflict with what it provides itself', () => {
    expect(run([{ Package: 'a', Provides: 'x', Conflicts: 'x' }], 'a')).toBe('a');
  });

  it('applies a conflict to who provides the name', () => {
    expect(
      run(
        [
          { Package: 'a', Conflicts: 'x' },
          { Package: 'p', Provides: 'x' },
        ],
        'a p',
      ),
    ).toBeNull();
  });

  it('goes around a provider that conflicts with what was asked for', () => {
    const stanzas = [{ Package: 'a', Depends: 'b | c', Conflicts: 'b' }, { Package: 'b' }, { Package: 'c' }];
    expect(run(stanzas, 'a')).toBe('a c');
  });

  it('takes recommendations only where asked, and forgives them', () => {
    const stanzas = [
      { Package: 'a', Recommends: 'b, missing' },
      { Package: 'b', Suggests: 'c' },
      { Package: 'c' },
    ];
    expect(run(stanzas, 'a')).toBe('a');
    expect(run(stanzas, 'a', { recommends: true })).toBe('a b');
  });

  it('has one candidate: of the highest pin the highest version, whatever is needed', () => {
    const release = source([{ Package: 'a', Depends: 'b (>= 2)' }, { Package: 'b' }]);
    const backports = source([{ Package: 'b', Version: '2' }], { pin: 100 });
    expect(run([release, backports], 'b')).toBe('b');
    expect(run([release, backports], 'a')).toBeNull();
    expect(run([release, { ...backports, pin: 500 }], 'a')).toBe('a b=2');
  });

  it('takes the preferred package before the one that it is preferred over', () => {
    const stanzas = [{ Package: 'a', Depends: 'b | c' }, { Package: 'b' }, { Package: 'c' }];
    expect(run(stanzas, 'a', { preferences: [{ prefer: 'c', over: 'b' }] })).toBe('a c');
  });

  it('follows circles of dependencies', () => {
    const stanzas = [
      { Package: 'a', Depends: 'b' },
      { Package: 'b', Pre_Depends: 'c' },
      { Package: 'c', Depends: 'a' },
    ];
    expect(run(stanzas, 'b')).toBe('a b c');
  });

  it('ends on a chain of any length', () => {
    const chain = Array.from({ length: 5000 }, (_, i) => ({ Package: `p${i}`, Depends: `p${i + 1}` }));
    expect(() => run(chain, 'p0')).not.toThrow();
  });
});

describe('what the classic solver does', () => {
  it('gives the last tie to the name that the index mentions later', () => {
    const providers = [
      { Package: 'p', Provides: 'x' },
      { Package: 'q', Provides: 'x' },
    ];
    expect(solve([{ Package: 'a', Depends: 'x' }, ...providers], 'a')).toBe('a q');
    const early = { Package: '0', Suggests: 'q' };
    expect(solve([early, { Package: 'a', Depends: 'x' }, ...providers], 'a')).toBe('a p');
  });

  it('counts a mention as a whole word of a relationship field only', () => {
    const stanzas = [
      {
        Package: 'a',
        Depends: 'x',
        Description: 'see q',
        Tag: 'q',
        Homepage: 'http://q',
        Breaks: 'qq, q:any',
      },
      { Package: 'p', Provides: 'x' },
      { Package: 'q', Provides: 'x' },
    ];
    expect(solve(stanzas, 'a')).toBe('a q');
  });

  it('sees for `x:any` no package of that very name', () => {
    const stanzas = [
      { Package: 'a', Depends: 'x:any' },
      { Package: 'p', Provides: 'x:any', Priority: 'required' },
      { Package: 'x', Multi_Arch: 'allowed' },
    ];
    expect(solve(stanzas, 'a')).toBe('a p');
  });

  it('goes depth first, so that a deep choice is made before a later dependency', () => {
    const stanzas = [
      { Package: 'a', Depends: 'b, d' },
      { Package: 'b', Depends: 'c | d' },
      { Package: 'c' },
      { Package: 'd' },
    ];
    expect(solve(stanzas, 'a')).toBe('a b c d');
    expect(solve(stanzas, 'a', { solve: solveLikeApt3 })).toBe('a b d');
  });

  it('drops what a choice that was taken back had drawn in', () => {
    const stanzas = [
      { Package: 'a', Depends: 'b | c' },
      { Package: 'b', Depends: 'd, e' },
      { Package: 'c' },
      { Package: 'd' },
      { Package: 'e', Depends: 'f' },
    ];
    expect(solve(stanzas, 'a')).toBe('a c');
  });

  it('keeps what was drawn in where a suggestion reaches it', () => {
    const stanzas = [
      { Package: 'a', Depends: 'b | c' },
      { Package: 'b', Depends: 'd, e' },
      { Package: 'c', Suggests: 'd' },
      { Package: 'd' },
      { Package: 'e', Depends: 'f' },
    ];
    expect(solve(stanzas, 'a')).toBe('a c d');
  });

  it('bars what a package that must be conflicts with, for all that follows', () => {
    const stanzas = [
      { Package: 'a', Depends: 'b, c' },
      { Package: 'b', Conflicts: 'd' },
      { Package: 'c', Depends: 'd | e' },
      { Package: 'd' },
      { Package: 'e' },
    ];
    expect(solve(stanzas, 'a')).toBe('a b c e');
  });

  it('keeps what is in place and lets it meet dependencies first', () => {
    const universe = openUniverse(
      [
        source([
          { Package: 'a', Depends: 'x' },
          { Package: 'p', Provides: 'x', Priority: 'extra' },
          { Package: 'q', Provides: 'x' },
        ]),
      ],
      { arch: 'amd64' },
    );
    const version = (name: string) => universe.find(name).candidate!;
    const requests = [{ package: universe.find('a'), version: version('a'), by: 'user' as const }];
    const { plan } = solveGreedily(universe, { requests, installed: [version('p')] });
    expect(plan?.map((chosen) => chosen.package.name).sort()).toEqual(['a', 'p']);
  });
});
