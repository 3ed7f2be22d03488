import { MkbaseError } from '../errors.ts';
import { platformOf } from '../image/platform.ts';
import type { Recipe } from './recipe.ts';

/**
 * The recipe's own name of an architecture that was asked for by any name: `amd64` is Alpine's `x86_64`.
 *
 * @throws MkbaseError `usage/unknown-architecture`
 */
export function archOf({ suite, arches, family }: Recipe, asked: string): string {
  if (arches.includes(asked)) return asked;
  const platform = JSON.stringify(platformOf(asked));
  const found = arches.find(
    (arch) => JSON.stringify(platformOf(arch, family === 'apk' ? 'alpine' : 'debian')) === platform,
  );
  if (found !== undefined) return found;
  throw new MkbaseError('usage/unknown-architecture', `\`${suite}\` has no architecture \`${asked}\``, {
    hint: `it has ${arches.join(', ')}`,
  });
}
