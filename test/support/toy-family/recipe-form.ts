import type { RecipeForm } from '../../../src/recipe/form.ts';

/** A recipe of a toy says where the index is, and that no key signs it. */
export const recipeForm: RecipeForm = {
  schema: {
    properties: { mirrors: { $ref: '#/$defs/mirrors' } },
    image: {},
    complete: { required: ['mirrors'] },
  },
  defaults: { components: [], image: { settings: {} } },
  joined: [],
  keyLists: () => [],
  fingerprints: async () => [],
  keyHint: 'toys have no keys',
  keyText: async ({ name }) => ({ name, text: '' }),
  namesAlone: true,
};
