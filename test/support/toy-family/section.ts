import type { LockSection } from '../../../src/lock/section.ts';

const NOTHING = { type: 'object', additionalProperties: false } as const;

export const section: LockSection = {
  schema: { options: NOTHING, image: NOTHING },
  inputs: () => ({}),
  result: () => ({}),
  request: () => ({}),
};

export function mirrorsOf(recipe: object): { readonly default: readonly string[] } {
  return (recipe as { readonly mirrors: { readonly default: readonly string[] } }).mirrors;
}
