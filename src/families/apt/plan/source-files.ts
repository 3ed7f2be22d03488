/** apt's sources in the image: the recipe's pockets, and what the user gave beside or instead of them. */
import { armorKeyring, binaryKeyring, type Keyring } from '../../../formats/openpgp.ts';
import type { SeedFile } from '../../family.ts';
import { keysOf, keysOfFile, readSignedBy } from '../archive/signed-by.ts';
import type { SourceList } from '../archive/user-sources.ts';
import type { AptRecipe } from '../recipe.ts';

export interface SourceFilesOptions {
  readonly recipe: AptRecipe;
  /** Pockets in order, each with the address that the image is to use. */
  readonly pockets: readonly SourcePocket[];
  readonly own: readonly SourceList[];
  /** Where `Signed-By` of the user's own names keys by their fingerprints alone. */
  readonly usualKeys: Promise<Keyring>;
}

export interface SourcePocket {
  readonly name: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly uri: string;
  /** Where its packages came from, if that is a snapshot: a comment, as debuerreotype writes. */
  readonly snapshot: string | null;
  /** The keyring in the image that has its keys, where no keys are given; null names none. */
  readonly signedBy: string | null;
  /** Keys that apt in the image is to trust for it in the place of that keyring; null where it has those that signed. */
  readonly keys: Keyring | null;
}

/**
 * The user's own sources are written as mmdebstrap writes them: those without a file of their own are joined with
 * their kind, `sources.list` begins with lines, all others are numbered in `sources.list.d`.
 */
export async function sourceFiles(options: SourceFilesOptions): Promise<SeedFile[]> {
  const { recipe, pockets, own } = options;
  const named = await namedKeys(options);
  const moved = await movedKeys(options, [...named.names.values()]);
  const texts: SourceText[] = [];
  if (pockets.length > 0) {
    const deb822 = recipe.image.sourcesStyle === 'deb822';
    texts.push({
      path: deb822 ? `etc/apt/sources.list.d/${recipe.distribution}.sources` : LINES,
      style: recipe.image.sourcesStyle,
      text: deb822 ? await stanzas(options) : lines(options),
      open: !deb822,
    });
  }
  for (const list of own) {
    const { file, style } = list;
    const text = ownText(list, named.names, moved.names);
    const last = texts.at(-1);
    if (file === null && last?.open && last.style === style) {
      texts.splice(-1, 1, { ...last, text: `${last.text}\n${text}` });
    } else {
      texts.push({ path: pathOf(list, texts.length), style, text, open: file === null });
    }
  }
  // A line cannot hold a key.
  const ofPockets = recipe.image.sourcesStyle === 'deb822' ? [] : keyFilesOf(options);
  return [...texts.map(({ path, text }) => seed(path, text)), ...ofPockets, ...named.files, ...moved.files];
}

interface SourceText {
  readonly path: string;
  readonly style: SourceList['style'];
  readonly text: string;
  /** Whether more may be joined to it. */
  readonly open: boolean;
}

const LINES = 'etc/apt/sources.list';

function pathOf({ file, style }: SourceList, index: number): string {
  if (file === null && style === 'one-line' && index === 0) return LINES;
  const extension = style === 'one-line' ? '.list' : '.sources';
  // apt passes over names with other letters.
  const stem = (file ?? 'main').replace(/\.(list|sources)$/, '').replace(/[^A-Za-z0-9_.-]+/g, '-');
  return `etc/apt/sources.list.d/${String(index).padStart(4, '0')}${stem}${extension}`;
}

/** The given text, without credentials, with the keyrings by their names in the image. */
function ownText(
  { text, folder, entries }: SourceList,
  named: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
): string {
  let written = `${text.replace(/:\/\/[^\s/@]*(?:@[^\s/@]*)*@/g, '://').trimEnd()}\n`;
  for (const { options } of entries) {
    const value = options.get('signed-by') ?? '';
    const name = named.get(value);
    if (name !== undefined) written = written.replace(writtenAs(value), name);
  }
  for (const { written: word, path } of entries.flatMap(({ options }) => wholeFilesOf(options, folder))) {
    const name = names.get(path);
    if (name === undefined) continue;
    written = written
      .split(/([\s,="\]]+)/)
      .map((part) => (part === word ? name : part))
      .join('');
  }
  return written;
}

/** The words of a value as they may stand in the text: a folded field has more between them. */
function writtenAs(value: string): RegExp {
  const words = value.split(/[\s,]+/).filter((word) => word !== '');
  return new RegExp(words.map((word) => word.replace(/[^\w]/g, '\\$&')).join('[\\s,]+'), 'g');
}

interface KeyFiles {
  /** The name in the image of the keyring that a source names, or that it gives as text. */
  readonly names: ReadonlyMap<string, string>;
  readonly files: readonly SeedFile[];
}

/**
 * Keys that a source names by their fingerprints, by its `Signed-By`: apt 3.3 deprecates those, and in the
 * image the keyring that they choose from may not be there.
 */
async function namedKeys({ recipe, own, usualKeys }: SourceFilesOptions): Promise<KeyFiles> {
  const names = new Map<string, string>();
  const files: SeedFile[] = [];
  for (const { entries, folder } of own) {
    for (const { options } of entries) {
      const value = options.get('signed-by') ?? '';
      const signedBy = readSignedBy(value, folder);
      const [first] = signedBy.fingerprints;
      if (first === undefined || names.has(value)) continue;
      const keys = await keysOf(signedBy, usualKeys);
      // Where no signature is checked, no key is at hand.
      if (keys.length === 0) continue;
      const taken = [...names.values()];
      const name = [first, `${first}-${taken.length}`]
        .map((stem) => keyringPath(recipe, stem))
        .find((candidate) => !taken.includes(candidate))!;
      names.set(value, name);
      files.push(keyFile(name, keys));
    }
  }
  return { names, files };
}

/** Keyrings that are not the distribution's own, which a package brings: apt in the image needs them. */
async function movedKeys(
  { recipe, own, pockets }: SourceFilesOptions,
  given: readonly string[],
): Promise<KeyFiles> {
  const keyrings = [keyringPath(recipe, recipe.distribution), ...keyringsOf({ recipe, pockets }).values()];
  const names = new Map<string, string>();
  const files: SeedFile[] = [];
  const paths = own.flatMap(({ entries, folder }) =>
    entries.flatMap(({ options }) => wholeFilesOf(options, folder).map(({ path }) => path)),
  );
  for (const path of new Set(paths)) {
    if (path.startsWith(`/usr/share/keyrings/${recipe.distribution}-archive-`)) continue;
    const stem = path.replace(/^.*\//, '').replace(/\.(asc|gpg|pgp)$/, '');
    const taken = [...keyrings, ...given, ...names.values()];
    const name = [stem, `${stem}-${taken.length}`]
      .map((name) => keyringPath(recipe, name))
      .find((candidate) => !taken.includes(candidate))!;
    names.set(path, name);
    files.push(keyFile(name, await keysOfFile({ path })));
  }
  return { names, files };
}

function keyringPath({ image: { keyrings = '/etc/apt/keyrings' } }: AptRecipe, name: string): string {
  return `${keyrings}/${name}.gpg`;
}

/** Where the keys of pockets go that have some, one file for those that share them. */
function keyringsOf({
  recipe,
  pockets,
}: Pick<SourceFilesOptions, 'recipe' | 'pockets'>): ReadonlyMap<Keyring, string> {
  const keyrings = new Map<Keyring, string>();
  for (const { name, keys } of pockets) {
    if (keys === null || keyrings.has(keys)) continue;
    const stem = keyrings.size === 0 ? recipe.distribution : `${recipe.distribution}-${name}`;
    keyrings.set(keys, keyringPath(recipe, stem));
  }
  return keyrings;
}

function keyFilesOf(options: SourceFilesOptions): readonly SeedFile[] {
  return [...keyringsOf(options)].map(([keys, path]) => keyFile(path, keys));
}

function keyFile(path: string, keys: Keyring): SeedFile {
  const content = binaryKeyring(keys).toString('base64');
  return { ...seed(path.slice(1), content), encoding: 'base64' };
}

/** Keyrings of which all keys count. */
function wholeFilesOf(options: ReadonlyMap<string, string>, folder: string) {
  const { files, fingerprints } = readSignedBy(options.get('signed-by') ?? '', folder);
  return fingerprints.length > 0 ? [] : files;
}

/** sources.list(5), "deb822-style format": one stanza for the pockets of one address with the same components and keys. */
async function stanzas({ pockets }: SourceFilesOptions): Promise<string> {
  const stated = await Promise.all(
    pockets.map(async ({ keys, ...pocket }) => {
      return keys === null ? pocket : { ...pocket, signedBy: embedded(await armorKeyring(keys)) };
    }),
  );
  const placeOf = ({ uri, components, signedBy }: (typeof stated)[number]) =>
    [uri, ...components, signedBy].join(' ');
  const texts = [...new Set(stated.map(placeOf))].map((place) => {
    const here = stated.filter((source) => placeOf(source) === place);
    const { uri, components, signedBy } = here[0]!;
    const suites = here.map(({ suite }) => suite);
    const isFlat = suites.every((suite) => suite.endsWith('/'));
    return [
      ...new Set(here.flatMap(({ snapshot }) => (snapshot === null ? [] : [`# ${snapshot}`]))),
      'Types: deb',
      `URIs: ${uri}`,
      `Suites: ${suites.join(' ')}`,
      ...(isFlat ? [] : [`Components: ${components.join(' ')}`]),
      ...(signedBy === null ? [] : [`Signed-By: ${signedBy}`]),
      '',
    ].join('\n');
  });
  return texts.join('\n');
}

/** sources.list(5), "one-line-style format". */
function lines({ recipe, pockets }: SourceFilesOptions): string {
  const keyrings = keyringsOf({ recipe, pockets });
  const texts = pockets.map(({ uri, suite, components, snapshot, keys, ...pocket }) => {
    const signedBy = keys === null ? pocket.signedBy : keyrings.get(keys)!;
    // Where keys have a place of their own, apt does not know the option.
    const option = signedBy === null || recipe.image.keyrings !== undefined ? '' : `[signed-by=${signedBy}] `;
    const comment = snapshot === null ? '' : `# ${snapshot}\n`;
    return `${comment}deb ${option}${uri} ${suite}${suite.endsWith('/') ? '' : ` ${components.join(' ')}`}\n`;
  });
  return texts.join('');
}

/** A key as the value of `Signed-By`: each line after one space, an empty one as a dot. */
function embedded(keys: string): string {
  return keys
    .trim()
    .split(/\r?\n/)
    .map((line) => `\n ${line === '' ? '.' : line}`)
    .join('');
}

function seed(path: string, content: string): SeedFile {
  return { path, mode: 0o644, content };
}
