/** The decision about an image. Pure. */
import type { RefreshState } from './state.ts';

/**
 * Why an image is looked at closer or made again. `new`: the registry has none. `foreign`: mkbase did not
 * make it. `unsigned`: not by the owner of the key. `migration`: an mkbase made it whose digests covered
 * something else. `build`: it was packed in another way. `inputs`: an index, the recipe or images.yaml changed. `packages`: so did what follows from it. `tags`: the image is
 * fresh, and a tag or repository of the list does not lead to it.
 */
export type Reason = 'new' | 'foreign' | 'unsigned' | 'migration' | 'build' | 'inputs' | 'packages' | 'tags';

export type Verdict =
  | { readonly verdict: 'unchanged' }
  | { readonly verdict: 'resolve' | 'build'; readonly reason: Reason };

/** By what it is made from, before anything is resolved. */
export function firstLook(
  state: RefreshState | null,
  now: { readonly inputs: string; readonly build: string },
): Verdict {
  const reason = basicReason(state, now.build) ?? (state?.inputs === now.inputs ? null : 'inputs');
  return reason === null ? { verdict: 'unchanged' } : { verdict: 'resolve', reason };
}

/** By what is in it: signing the same packages again changes nothing. */
export function secondLook(
  state: RefreshState | null,
  now: { readonly lock: string; readonly build: string },
): Verdict {
  const reason = basicReason(state, now.build) ?? (state?.lock === now.lock ? null : 'packages');
  return reason === null ? { verdict: 'unchanged' } : { verdict: 'build', reason };
}

function basicReason(state: RefreshState | null, build: string): Reason | null {
  if (state === null) return 'new';
  if (state.lock === null || state.inputs === null) return 'foreign';
  if (!state.trusted) return 'unsigned';
  if (state.build === build) return null;
  return state.build === null || formatOf(state.build) === formatOf(build) ? 'build' : 'migration';
}

/** The number in front: `2` of `2 gzip`. */
function formatOf(build: string): string | undefined {
  return build.split(' ')[0];
}
