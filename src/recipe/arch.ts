import { MkbaseError } from '../errors.ts';
import { type PlatformNames, platformOf } from '../image/platform.ts';
import { didYouMean } from '../nearest.ts';
import type { Recipe } from './recipe.ts';

/**
 * The recipe's own name of an architecture that was asked for by any name: `amd64` is Alpine's `x86_64`. `own` are what the
 * names of its family mean where Debian's mean something else.
 *
 * @throws MkbaseError `usage/unknown-architecture`
 */
export function archOf({ suite, arches }: Recipe, asked: string, own: PlatformNames = {}): string {
  if (arches.includes(asked)) return asked;
  const platform = JSON.stringify(platformOf(asked));
  const found = arches.find((arch) => JSON.stringify(platformOf(arch, own)) === platform);
  if (found !== undefined) return found;
  throw new MkbaseError('usage/unknown-architecture', `\`${suite}\` has no architecture \`${asked}\``, {
    hint: didYouMean(asked, arches) ?? `it has ${arches.join(', ')}`,
  });
}

export type { PlatformNames };
