import { readFile } from 'node:fs/promises';
import { MkbaseError } from '../../errors.ts';
import type { Store, Stored } from '../../fetch/store.ts';
import { type Codec, decompress } from '../../formats/compress.ts';
import { urlOf } from '../mirror-address.ts';
import { suiteFolder } from './mirrors.ts';
import type { IndexFile, Release } from './release.ts';

/** The forms of an index, the cheapest to decode first: gzip takes a fifth of the CPU of xz. */
const FORMS: readonly (readonly [extension: string, codec: Codec])[] = [
  ['.gz', 'gzip'],
  ['.xz', 'xz'],
  ['.bz2', 'bzip2'],
  ['.lzma', 'lzma'],
  ['', 'none'],
];

/** All of Debian's main is 50 MB decoded. */
const DECODED_LIMIT = 2 ** 30;

export interface IndexOptions {
  /** The folder below `dists/`. */
  readonly suite: string;
  readonly arch: string;
  readonly components: readonly string[];
  readonly rungs: readonly string[];
  readonly store: Store;
}

/** The decoded `Packages` files of a suite, component by component. */
export async function readIndexes(release: Release, options: IndexOptions): Promise<Buffer[]> {
  const paths = indexPaths(release, options);
  return Promise.all(paths.map((path) => readKept(release, path, options)));
}

/**
 * Which indexes hold the packages of an architecture. `binary-all` is read where Release says that
 * packages of architecture `all` are there alone; Debian lists them in every other index too, and says
 * so with `No-Support-for-Architecture-all`.
 */
export function indexPaths(
  release: Release,
  { suite, arch, components }: Omit<IndexOptions, 'store'>,
): string[] {
  if (suite.endsWith('/')) return ['Packages'];
  const arches = release.separateArchitectureAll ? [arch, 'all'] : [arch];
  if (release.architectures.length > 0 && !release.architectures.includes(arch)) {
    throw absent('architecture', arch, suite, release.architectures);
  }
  // `updates/main` in Debian's security suites stands for `main`.
  const known = release.components.map((component) => component.replace(/^.*\//, ''));
  return components.flatMap((component) => {
    if (known.length > 0 && !known.includes(component)) throw absent('component', component, suite, known);
    return arches.map((name) => `${component}/binary-${name}/Packages`);
  });
}

/**
 * Who reads an index a second time will do so again: then it is kept decoded, which takes a third of the
 * time to read. Its digest in the Release vouches for it.
 */
async function readKept(release: Release, path: string, options: IndexOptions): Promise<Buffer> {
  const { store } = options;
  const plain = release.files.get(path);
  const kept = plain === undefined ? null : await store.find(plain);
  if (kept !== null) return kept;
  const { text, cached } = await readIndex(release, path, options);
  // Where the cache has no room for it, it is decoded again.
  if (plain !== undefined && cached) await store.add(plain, text).catch(() => {});
  return text;
}

/** A file that Release lists by this path, in whichever form is cheapest, decoded. */
export async function readIndex(
  release: Release,
  path: string,
  options: IndexOptions,
): Promise<{ readonly text: Buffer; readonly cached: boolean }> {
  const listed = FORMS.flatMap(([extension, codec]) => {
    const file = release.files.get(path + extension);
    return file === undefined ? [] : [{ path: path + extension, codec, file }];
  });
  const limit = release.files.get(path)?.size ?? DECODED_LIMIT;
  let missing: MkbaseError | undefined;
  for (const form of listed) {
    try {
      const stored = await fetchForm(form, release, options);
      const bytes = await readFile(stored.path);
      const text = await decompress(form.codec, bytes, Math.max(limit, 1));
      return { text, cached: stored.cached };
    } catch (error) {
      // Releases list forms that the archive made and did not keep: Debian's plain `Packages`.
      if (!(error instanceof MkbaseError) || error.code !== 'network/not-found') throw error;
      missing = error;
    }
  }
  throw missing ?? unlisted(path, options.suite);
}

async function fetchForm(
  form: { readonly path: string; readonly file: IndexFile },
  release: Release,
  { suite, rungs, store }: IndexOptions,
): Promise<Stored> {
  const { path, file } = form;
  const folder = suiteFolder(suite);
  const named = `${folder}${path.slice(0, path.lastIndexOf('/') + 1)}by-hash/${file.digest.algorithm.toUpperCase()}/${file.digest.hex}`;
  const places = release.byHash ? [named, folder + path] : [folder + path];
  const urls = rungs.flatMap((rung) => places.map((place) => urlOf(rung, place)));
  return store.fetch({ what: folder + path, urls, size: file.size, digest: file.digest });
}

function absent(
  kind: 'architecture' | 'component',
  name: string,
  suite: string,
  known: readonly string[],
): MkbaseError {
  return new MkbaseError(`usage/unknown-${kind}`, `\`${suite}\` has no ${kind} \`${name}\``, {
    hint: `it has ${known.join(', ')}; a pocket is left out with \`--pockets\``,
  });
}

function unlisted(path: string, suite: string): MkbaseError {
  return new MkbaseError(
    'signature/index-without-hash',
    `the Release of \`${suite}\` vouches for no \`${path}\``,
    {
      hint: 'only SHA256 and SHA512 count; use a mirror whose Release lists the index with one of them',
    },
  );
}
