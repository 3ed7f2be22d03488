import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MkbaseError } from '../../../../src/errors.ts';
import { parseIndex } from '../../../../src/families/apk/archive/index-file.ts';
import { solveWorld, sortWorld } from '../../../../src/families/apk/choose/world.ts';
import { parseDependency } from '../../../../src/families/apk/package/dependency.ts';
import { solveCase, solverCases, stanzaOf } from '../solver-cases.ts';

describe('a world is solved as apk solves it', () => {
  for (const solverCase of solverCases()) {
    it(solverCase.title, () => {
      if (solverCase.installed === null) {
        const error = refusalOf(() => solveCase(solverCase));
        expect(error.details).toEqual(solverCase.refusal);
      } else {
        expect(solveCase(solverCase)).toEqual(solverCase.installed);
      }
    });
  }
});

describe('a refusal names what would help', () => {
  const solve = (world: string, ...lines: readonly string[]) =>
    refusalOf(() =>
      solveCase({
        world: world.split(' '),
        repositories: [{ tag: null, index: lines.map(stanzaOf).join('') }],
      }),
    );

  it('near names for an unknown one', () => {
    const error = solve('bussybox', 'busybox 1', 'musl 1');
    expect(error).toMatchObject({ code: 'resolution/unknown-package', hint: 'did you mean `busybox`' });
    expect(error.message).toBe('no repository has `bussybox`');
  });

  it('the providers of a virtual', () => {
    const error = solve('a', 'b 1 | p:a', 'c 1 | p:a');
    expect(error).toMatchObject({
      code: 'resolution/virtual-package',
      hint: 'include one that provides it: `b`, `c`',
    });
  });

  it('a conflict and a version that is not there apart', () => {
    expect(solve('a b', 'a 1 | p:x=1', 'b 1 | p:x=1').code).toBe('resolution/conflict');
    expect(solve('a>2', 'a 1').code).toBe('resolution/unsatisfiable');
  });

  it('a tag that no repository has', () => {
    const error = solve('a@edge', 'a 1');
    expect(error).toMatchObject({ code: 'resolution/unknown-tag' });
    expect(error.message).toBe('no repository has the tag of `a@edge`');
  });

  it('the field that is not understood', () => {
    const error = solve('a', 'a 1 | X:new');
    expect(error.details).toContain('  error: the field `X:` is not known');
  });

  it('a name given up before what provides it was chosen, where apk finds nothing to say', () => {
    expect(solve('v2 e', 'z 1 | p:e=1 v2').details).toEqual([
      'v2 (virtual):',
      '  provided by: z',
      '  required by: world[v2]',
    ]);
  });
});

describe('solving', () => {
  it('goes to any depth', () => {
    const length = 6_000;
    const lines = Array.from({ length }, (_, at) => `p${at} 1${at + 1 < length ? ` | D:p${at + 1}` : ''}`);
    const packages = parseIndex(lines.map(stanzaOf).join(''));
    const world = [parseDependency('p0')!];
    expect(solveWorld({ repositories: [{ packages, tag: null }], world })).toHaveLength(length);
  });

  it('takes a package by its identity', () => {
    const packages = parseIndex(stanzaOf('a 1') + stanzaOf('a 2'));
    const world = [parseDependency(`a><${packages[0]!.identity}`)!];
    const [selected] = solveWorld({ repositories: [{ packages, tag: null }], world });
    expect(selected?.package.version).toBe('1');
  });

  it('knows the first repository that has a package', () => {
    const [first, second] = [parseIndex(stanzaOf('b 1')), parseIndex(stanzaOf('a 1') + stanzaOf('b 1'))];
    const repositories = [first, second].map((packages) => ({ packages, tag: null }));
    const selected = solveWorld({ repositories, world: ['a', 'b'].map((name) => parseDependency(name)!) });
    expect(selected.map(({ repository }) => repository)).toEqual([1, 0]);
  });

  it('says something even where apk’s own choices exclude each other', () => {
    const index = ['b 1 | D:d | p:d=1 a | i:e', 'v 1 | D:a', 'e 1', 'a 1 | p:b | i:a'];
    const packages = parseIndex(index.map(stanzaOf).join(''));
    const world = ['v', 'e'].map((name) => parseDependency(name)!);
    const error = refusalOf(() => solveWorld({ repositories: [{ packages, tag: null }], world }));
    expect(error.details).toEqual(['the packages that were chosen exclude each other']);
  });

  it('gives a sound set or refuses, and dependencies first', () => {
    fc.assert(
      fc.property(universe(), ({ index, world }) => {
        const packages = parseIndex(index);
        const dependencies = world.map((text) => parseDependency(text)!);
        let selected: ReturnType<typeof solveWorld>;
        try {
          selected = solveWorld({ repositories: [{ packages, tag: null }], world: dependencies });
        } catch (error) {
          expect(error).toBeInstanceOf(MkbaseError);
          expect((error as MkbaseError).details).not.toEqual([]);
          return;
        }
        const names = new Set(
          selected.flatMap(({ package: { name, provides } }) => [
            name,
            ...provides.map((other) => other.name),
          ]),
        );
        expect(new Set(selected.map(({ package: { name } }) => name)).size).toBe(selected.length);
        const needed = [...sortWorld(dependencies), ...selected.flatMap((item) => item.package.depends)];
        for (const { name, isConflict } of needed) if (!isConflict) expect(names).toContain(name);
      }),
      { numRuns: 300 },
    );
  });
});

function refusalOf(solve: () => unknown): MkbaseError {
  try {
    solve();
  } catch (error) {
    if (error instanceof MkbaseError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

function universe() {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'so:x', 'v');
  const version = fc.constantFrom('1', '1.1', '2');
  const wanted = fc.oneof(
    { weight: 4, arbitrary: name },
    fc.tuple(name, fc.constantFrom('=', '<', '>', '>=', '<='), version).map((parts) => parts.join('')),
    name.map((text) => `!${text}`),
  );
  const field = (letter: string, value: fc.Arbitrary<string>) =>
    fc
      .array(value, { maxLength: 2 })
      .map((values) => (values.length === 0 ? '' : `${letter}:${values.join(' ')}`));
  const provided = fc.oneof(
    name,
    fc.tuple(name, version).map((parts) => parts.join('=')),
  );
  const item = fc
    .tuple(name, version, field('D', wanted), field('p', provided), field('i', name))
    .map(([text, number, ...fields]) => [`${text} ${number}`, ...fields.filter(Boolean)].join(' | '));
  return fc.record({
    index: fc.uniqueArray(item, { maxLength: 10 }).map((lines) => lines.map(stanzaOf).join('')),
    world: fc.array(wanted, { minLength: 1, maxLength: 3 }),
  });
}
