import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clause, refute } from '../../src/resolve/refutation.ts';

describe('refute', () => {
  it('finds nothing against clauses that can hold together', () => {
    expect(refute([[1], [-1, 2, 3], [-2]])).toEqual({ kind: 'consistent' });
  });

  it('names the clauses that contradict each other, and no others', () => {
    expect(coreOf([[1], [4], [-1, 2], [-4, 5], [-2]])).toEqual([0, 2, 4]);
  });

  it('goes back on choices before it says no', () => {
    expect(coreOf([[1], [-1, 2, 3], [-2, 4], [-4, -1], [-3, 5], [-5, -1]])).toHaveLength(6);
  });

  it('ends undecided at its bound, whatever the clauses are', () => {
    expect(refute(pigeons(6), 20_000)).toEqual({ kind: 'undecided' });
  });

  it('keeps a contradiction that the bound leaves no time to make minimal', () => {
    const [whole, cut] = [refute(pigeons(4)), refute(pigeons(4), 4_000)];
    expect(whole).toMatchObject({ kind: 'contradiction' });
    expect(cut).toMatchObject({ kind: 'contradiction' });
  });

  const clause = fc.array(
    fc.integer({ min: -5, max: 5 }).filter((literal) => literal !== 0),
    { maxLength: 3 },
  );

  it('agrees with trying everything, and what it names is minimal', () => {
    fc.assert(
      fc.property(fc.array(clause, { maxLength: 24 }), (clauses) => {
        const core = coreOf(clauses);
        expect(core === null).toBe(canHold(clauses));
        if (core === null) return;
        const named = core.map((index) => clauses[index]!);
        expect(canHold(named)).toBe(false);
        for (const left of named.keys()) expect(canHold(named.toSpliced(left, 1))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

function coreOf(clauses: readonly Clause[]): readonly number[] | null {
  const result = refute(clauses);
  return result.kind === 'contradiction' ? result.core : null;
}

/** One pigeon more than there are holes: short to say, and without end to try. */
function pigeons(holes: number): Clause[] {
  const literal = (pigeon: number, hole: number) => pigeon * holes + hole + 1;
  const [birds, places] = [[...Array(holes + 1).keys()], [...Array(holes).keys()]];
  return [
    ...birds.map((bird) => places.map((place) => literal(bird, place))),
    ...places.flatMap((place) =>
      birds.flatMap((bird) =>
        birds.slice(bird + 1).map((other) => [-literal(bird, place), -literal(other, place)]),
      ),
    ),
  ];
}

function canHold(clauses: readonly Clause[]): boolean {
  return Array.from({ length: 32 }).some((_, values) =>
    clauses.every((clause) =>
      clause.some((literal) => ((values >> (Math.abs(literal) - 1)) & 1) === Number(literal > 0)),
    ),
  );
}
