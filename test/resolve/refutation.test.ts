import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clause, refute } from '../../src/resolve/refutation.ts';

describe('refute', () => {
  it('finds nothing against clauses that can hold together', () => {
    expect(refute([[1], [-1, 2, 3], [-2]])).toBeNull();
  });

  it('names the clauses that contradict each other, and no others', () => {
    expect(refute([[1], [4], [-1, 2], [-4, 5], [-2]])).toEqual([0, 2, 4]);
  });

  it('goes back on choices before it says no', () => {
    expect(refute([[1], [-1, 2, 3], [-2, 4], [-4, -1], [-3, 5], [-5, -1]])).toHaveLength(6);
  });

  const clause = fc.array(
    fc.integer({ min: -5, max: 5 }).filter((literal) => literal !== 0),
    { maxLength: 3 },
  );

  it('agrees with trying everything, and what it names is minimal', () => {
    fc.assert(
      fc.property(fc.array(clause, { maxLength: 24 }), (clauses) => {
        const core = refute(clauses);
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

function canHold(clauses: readonly Clause[]): boolean {
  return Array.from({ length: 32 }).some((_, values) =>
    clauses.every((clause) =>
      clause.some((literal) => ((values >> (Math.abs(literal) - 1)) & 1) === Number(literal > 0)),
    ),
  );
}
