import { describe, expect, it } from 'vitest';
import { FAMILIES, familyOf, LOCK_SECTIONS, RECIPE_FORMS } from '../../src/families/index.ts';

describe('the list of families', () => {
  const names = FAMILIES.map(({ name }) => name);

  it('gives each by its name, with its part of recipes and of locks', () => {
    expect(names.map((family) => familyOf({ family }).name)).toEqual(names);
    expect(Object.keys(RECIPE_FORMS)).toEqual(names);
    expect(Object.keys(LOCK_SECTIONS)).toEqual(names);
  });

  it('has no other, and says so', () => {
    expect(() => familyOf({ family: 'pacman' })).toThrow(
      expect.objectContaining({
        code: 'recipe/unknown-family',
        exitStatus: 65,
        message: '`pacman` is no family that this mkbase knows',
        hint: expect.stringContaining(names.join(', ')),
      }),
    );
  });
});
