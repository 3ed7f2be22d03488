import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutEnd } from '../../../formats/line-end.ts';
import type { ListedSuite } from '../../../recipe/listed-suite.ts';
import type { Mirrors, Recipe } from '../../../recipe/recipe.ts';
import type { Pocket } from '../recipe.ts';
import { isYes, parseLines, parseStanzas, type SourceEntry } from './source-list.ts';

/** Mirrors that the host's sources lend, in their order, without a trailing slash. */
export interface LentMirrors {
  /** Mirrors of the distribution's main archive. */
  readonly archive: readonly string[];
  /** Mirrors of pockets that have a tree of their own: Debian's security updates. */
  readonly security: readonly string[];
}

/** The lent mirrors of a pocket. */
export type Lending = (pocket: Pick<Pocket, 'mirrors'>) => LentMirrors;

/**
 * The host's mirrors by pocket: those of the distribution whose archive it is in by its address, whatever the
 * distribution of its recipe. A derivative has pockets of Debian, which any mirror of Debian serves, and its own,
 * which none of them does.
 */
export function lending(sources: readonly SourceEntry[], suites: readonly ListedSuite[]): Lending {
  return (pocket) => {
    const own = addressesOf(pocket);
    const isThere = ({ pockets }: ListedSuite) =>
      pockets.some((other) => addressesOf(other).some((url) => own.includes(url)));
    const names = new Set(suites.filter(isThere).map(({ distribution }) => distribution));
    return lentMirrors(
      sources,
      suites.filter(({ distribution }) => names.has(distribution)),
    );
  };
}

function addressesOf({ mirrors }: { readonly mirrors: Mirrors }): readonly string[] {
  return Object.values(mirrors).flat();
}

/**
 * The addresses that the host itself uses for the distribution of `recipes`: they are near, and reachable
 * where the official ones may not be. They are transport only. Whatever comes from them is checked
 * against the recipe's keys, and they are written nowhere: not into the image, the Lock or the log.
 *
 * An entry counts where it looks like the distribution's own archive: http or https; a suite of one of
 * the recipes, by codename or alias; component `main`; signed by anything (`Signed-By`) only where that
 * is the distribution's archive keyring, so that third parties who name their suite after the
 * distribution's are left out; and never one that the host trusts without a check.
 */
export function lentMirrors(
  sources: readonly SourceEntry[],
  recipes: readonly Pick<Recipe, 'distribution' | 'suite' | 'aliases'>[],
): LentMirrors {
  const archive = new Set<string>();
  const security = new Set<string>();
  const releases = new Set(recipes.flatMap((recipe) => [recipe.suite, ...recipe.aliases]));
  const distributions = recipes.map(({ distribution }) => distribution);
  for (const source of sources) {
    const [, release = '', pocket] = /^([^/]+?)(-updates|-security|\/updates)?$/.exec(source.suite) ?? [];
    if (!releases.has(release) || !isOfficial(source, distributions)) continue;
    (pocket === '-security' || pocket === '/updates' ? security : archive).add(withoutEnd(source.uri, '/'));
  }
  return { archive: [...archive], security: [...security] };
}

function isOfficial({ uri, components, options }: SourceEntry, distributions: readonly string[]): boolean {
  if (!/^https?:\/\//.test(uri) || !components.includes('main')) return false;
  if (isYes(options.get('trusted')) || isYes(options.get('allow-insecure'))) return false;
  const signedBy = options.get('signed-by');
  return signedBy === undefined || distributions.some((name) => signedBy.includes(`${name}-archive-`));
}

/** The sources below `folder`, which is /etc/apt on a host; empty where there is no apt. */
export async function readHostSources(folder: string): Promise<SourceEntry[]> {
  const parts = join(folder, 'sources.list.d');
  const names = (await readdir(parts).catch(() => [])).sort();
  const files = [join(folder, 'sources.list'), ...names.map((name) => join(parts, name))];
  const read = files.map(async (file) => {
    const parse = file.endsWith('.sources') ? parseStanzas : file.endsWith('.list') ? parseLines : undefined;
    // A file that only root may read lends nothing.
    return parse === undefined ? [] : parse(await readFile(file, 'latin1').catch(() => ''));
  });
  return (await Promise.all(read)).flat();
}
