import { MkbaseError, quoted } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { fullName, parseReference } from './reference.ts';

export interface Candidate<Item> {
  readonly item: Item;
  readonly names: readonly string[];
  /** Equal where two names are one image's. */
  readonly id: string;
}

/**
 * The image of that name among those of a layout or an archive, or the only one there. A name is matched
 * as it is, and as people write it: `base` is `docker.io/library/base:latest`.
 *
 * @throws MkbaseError `image/no-such-name`, `image/name-needed`
 */
export function chooseImage<Item>(
  candidates: readonly Candidate<Item>[],
  { name, where }: { readonly name: string | null; readonly where: string },
): Item {
  const named = name === null ? candidates : candidates.filter(({ names }) => isCalled(names, name));
  const [first] = named;
  const names = [...new Set(candidates.flatMap((candidate) => candidate.names))];
  if (first === undefined) {
    const shown = name === null ? 'no image' : `no image ${quoted(name)}`;
    throw new MkbaseError('image/no-such-name', `there is ${shown} in \`${where}\``, {
      hint: didYouMean(name ?? '', names) ?? namesHint(names),
    });
  }
  if (named.some(({ id }) => id !== first.id)) {
    throw new MkbaseError('image/name-needed', `there are several images in \`${where}\``, {
      hint: namesHint(names),
    });
  }
  return first.item;
}

function isCalled(names: readonly string[], name: string): boolean {
  return names.includes(name) || names.some((one) => completed(one) === completed(name));
}

function completed(name: string): string {
  try {
    return fullName(parseReference(name));
  } catch {
    return name; // A layout's names may be anything.
  }
}

function namesHint(names: readonly string[]): string {
  if (names.length === 0) return 'its images have no names: one that has a single image can be read';
  return `name one of them after a colon: ${names.slice(0, 10).join(', ')}`;
}
