/** How a recipe of this family is read, merged and written. */
import type { Path, RecipeForm } from '../../recipe/form.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import type { AptRecipe, AptSource, PocketSource, PocketSources } from './recipe.ts';
import { SCHEMA } from './recipe-schema.ts';

const ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

const DEFAULTS: AptSource = {
  components: ['main'],
  preferences: [],
  extra: {},
  withoutRequired: [],
  solver: 'apt',
  splitUsr: [],
  silenced: [],
  image: {
    settings: { env: ENV, cmd: ['bash'] },
    sourcesStyle: 'deb822',
    signedBy: null,
    docker: { gzipOrder: false, pathRules: [] },
  },
};

export const recipeForm: RecipeForm = {
  schema: SCHEMA,
  defaults: DEFAULTS,
  joined: [['extra'], ['image', 'docker']],
  merged(base: AptSource, own: AptSource) {
    if (base.pockets === undefined || own.pockets === undefined) return {};
    return { pockets: mergedPockets(base.pockets, own.pockets) };
  },
  settled: withSuites,
  renamed,
  completed(source: AptSource) {
    const { pockets } = withSuites(source);
    if (pockets === undefined) return {};
    return { pockets: Object.fromEntries(Object.entries(pockets).filter(([, pocket]) => pocket !== null)) };
  },
  toRecipe(source) {
    const pockets = Object.entries((source as AptSource).pockets ?? {});
    return { ...source, pockets: pockets.map(([name, pocket]) => ({ name, ...pocket })) };
  },
  toSource(recipe: Recipe) {
    const pockets = (recipe as AptRecipe).pockets.map(({ name, ...pocket }) => [name, pocket] as const);
    return { ...recipe, pockets: Object.fromEntries(pockets) };
  },
  keyLists({ keys, pockets = {} }: AptSource) {
    const own = Object.entries(pockets).filter(([, pocket]) => pocket?.keys !== undefined);
    return [
      ...(keys === undefined ? [] : [['keys']]),
      ...own.map(([name]): Path => ['pockets', name, 'keys']),
    ];
  },
  foreign(source: AptSource) {
    const { keys, image } = source;
    if (keys === undefined || image?.signedBy !== undefined) return source;
    return { ...source, image: { ownKeys: keys.map(({ name }) => name), ...image } };
  },
  async fingerprints({ name, bytes }) {
    const { fingerprintOf, readKeyring } = await import('../../formats/openpgp.ts');
    return (await readKeyring(bytes, name)).map(fingerprintOf);
  },
  keyHint: 'give OpenPGP public keys, armored or binary',
  async keyText({ name, bytes }) {
    const text = bytes.toString();
    if (text.includes('-----BEGIN ')) return { name, text };
    const { armorKeyring, readKeyring } = await import('../../formats/openpgp.ts');
    return { name: name.replace(/\.gpg$/, '.asc'), text: await armorKeyring(await readKeyring(bytes, name)) };
  },
  namesAlone: true,
};

/** A pocket that names mirrors replaces the one of its name. */
function mergedPockets(base: PocketSources, own: PocketSources): PocketSources {
  const changed = Object.entries(own).map(([name, pocket]) => {
    const before = base[name];
    return [name, pocket?.mirrors || !pocket || !before ? pocket : { ...before, ...pocket }] as const;
  });
  return { ...base, ...Object.fromEntries(changed) };
}

/** Pockets are called after the suite. */
function renamed({ suite: before = '', pockets }: AptSource, suite: string): AptSource {
  if (pockets === undefined) return {};
  const named = Object.entries(pockets).map(([name, pocket]) => {
    if (pocket === null) return [name, null] as const;
    const { lastReleases: _, ...kept } = pocket;
    const place = kept.suite ?? suiteOf(name, before);
    const now = place.startsWith(before) ? suite + place.slice(before.length) : place;
    return [name, { ...kept, suite: now }] as const;
  });
  return { pockets: Object.fromEntries(named) };
}

/** The pockets of a suite keep their suites in what is like it. */
function withSuites(source: AptSource): AptSource {
  const { suite, pockets } = source;
  if (suite === undefined || pockets === undefined) return source;
  const named = Object.entries(pockets).map(([name, pocket]): [string, PocketSource | null] => [
    name,
    pocket && { suite: suiteOf(name, suite), ...pocket },
  ]);
  return { ...source, pockets: Object.fromEntries(named) };
}

function suiteOf(pocket: string, suite: string): string {
  return pocket === 'release' ? suite : `${suite}-${pocket}`;
}
