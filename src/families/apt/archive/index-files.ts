import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { MkbaseError } from '../../../errors.ts';
import type { Store, Stored } from '../../../fetch/store.ts';
import { type Codec, decompress } from '../../../formats/compress.ts';
import { decompressStream } from '../../../formats/decompress-stream.ts';
import { urlOf } from '../../mirror-address.ts';
import { suiteFolder } from './mirrors.ts';
import { IndexReader, openPackagesIndex, type PackagesIndex } from './packages-index.ts';
import type { IndexFile, Release } from './release.ts';

/** The forms of an index, the cheapest to decode first: gzip takes a fifth of the CPU of xz. */
export const FORMS: readonly (readonly [extension: string, codec: Codec])[] = [
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
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
  readonly mirrors: readonly string[];
  readonly store: Store;
}

/** The `Packages` files of a suite, component by component. */
export async function readIndexes(release: Release, options: IndexOptions): Promise<PackagesIndex[]> {
  const paths = indexPaths(release, options);
  return Promise.all(paths.map((path) => openIndex(release, path, options)));
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
  if (!hasArchitecture(release, { suite, arch, components })) throw noArchitecture(release, { suite, arch });
  const isListed = (path: string) => isListedIn(release, path);
  const isAllAlone = hasAllAlone(release, arch, components);
  // `updates/main` in Debian's security suites means `main`.
  const known = release.components.flatMap((component) => [component, component.replace(/^.*\//, '')]);
  const paths = components.flatMap((component) => {
    const own = [
      ...(isAllAlone ? [] : [arch]),
      ...(release.architectureAll === 'separate' || isAllAlone ? ['all'] : []),
    ];
    const indexes = own.map((name) => `${component}/binary-${name}/Packages`);
    // A listed index is there, even if the head does not name its component.
    if (known.length > 0 && !known.includes(component) && !indexes.some(isListed)) {
      throw absent('component', component, suite, known);
    }
    return indexes;
  });
  const unreadable = paths.find((path) => !isListed(path) && release.files.has(`${path}.lz4`));
  if (unreadable !== undefined) throw inLz4(unreadable, suite);
  // As with apt, an unlisted index is empty. If none is listed, something is wrong.
  return paths.some(isListed) ? paths.filter(isListed) : paths;
}

/** Whether an archive has packages for the architecture: as its head says, or as it lists them. */
export function hasArchitecture(
  release: Release,
  { suite, arch, components }: Pick<IndexOptions, 'suite' | 'arch' | 'components'>,
): boolean {
  const { architectures } = release;
  if (suite.endsWith('/') || architectures.length === 0 || architectures.includes(arch)) return true;
  return listsAny(release, arch, components) || hasAllAlone(release, arch, components);
}

/** An archive may have packages of architecture `all` alone, apart or in its one index. */
function hasAllAlone(release: Release, arch: string, components: readonly string[]): boolean {
  if (release.architectureAll === 'everywhere') return false;
  return !listsAny(release, arch, components) && listsAny(release, 'all', components);
}

function listsAny(release: Release, arch: string, components: readonly string[]): boolean {
  return components.some((component) => isListedIn(release, `${component}/binary-${arch}/Packages`));
}

function isListedIn({ files }: Release, path: string): boolean {
  return FORMS.some(([extension]) => files.has(path + extension));
}

/**
 * An index that is read a second time will be read again, so it is then kept decoded, which takes a third of the
 * time to read. Its digest in the Release vouches for it.
 */
async function openIndex(release: Release, path: string, options: IndexOptions): Promise<PackagesIndex> {
  const { store } = options;
  const plain = release.files.get(path);
  const kept = plain === undefined ? null : await store.find(plain);
  if (kept !== null) return openPackagesIndex(kept);
  let reader: IndexReader | undefined;
  const { text, cached, isWhole } = await readIndex(release, path, options, (all, end) => {
    reader ??= new IndexReader(all);
    reader.advance(end);
  });
  // Where the cache has no room for it, it is decoded again.
  if (plain !== undefined && cached) await store.add(plain, text).catch(() => {});
  return isWhole && reader !== undefined ? reader.finish() : openPackagesIndex(text);
}

/** Reported of how much of the text is there, of which the rest is being decoded. */
type OnDecoded = (text: Buffer, end: number) => void;

interface Decoded {
  readonly text: Buffer;
  /** Whether it is the text that `onDecoded` received. */
  readonly isWhole: boolean;
}

/** A file that Release lists by this path, in whichever form is cheapest, decoded. */
export async function readIndex(
  release: Release,
  path: string,
  options: IndexOptions,
  onDecoded: OnDecoded = () => {},
): Promise<Decoded & { readonly cached: boolean }> {
  const listed = FORMS.flatMap(([extension, codec]) => {
    const file = release.files.get(path + extension);
    return file === undefined ? [] : [{ path: path + extension, codec, file }];
  });
  const size = release.files.get(path)?.size ?? null;
  let missing: MkbaseError | undefined;
  for (const form of listed) {
    try {
      const stored = await fetchForm(form, release, options);
      const bytes = await readFile(stored.path);
      return { ...(await decode(form.codec, bytes, size, onDecoded)), cached: stored.cached };
    } catch (error) {
      // Releases list forms that the archive made and did not keep: Debian's plain `Packages`.
      if (!(error instanceof MkbaseError) || error.code !== 'network/not-found') throw error;
      missing = error;
    }
  }
  throw missing ?? unlisted(path, options.suite);
}

/** Decodes gzip of a known size in another thread, piece by piece. */
async function decode(
  codec: Codec,
  bytes: Buffer,
  size: number | null,
  onDecoded: OnDecoded,
): Promise<Decoded> {
  if (size === null || codec !== 'gzip') {
    const text = await decompress(codec, bytes, Math.max(size ?? DECODED_LIMIT, 1));
    return { text, isWhole: false };
  }
  const text = Buffer.alloc(size);
  let end = 0;
  for await (const piece of decompressStream(codec, Readable.from([bytes]), size)) {
    piece.copy(text, end);
    end += piece.length;
    onDecoded(text, end);
  }
  return { text: text.subarray(0, end), isWhole: end === size };
}

async function fetchForm(
  form: { readonly path: string; readonly file: IndexFile },
  release: Release,
  { suite, mirrors, store }: IndexOptions,
): Promise<Stored> {
  const { path, file } = form;
  const folder = suiteFolder(suite);
  const named = `${folder}${path.slice(0, path.lastIndexOf('/') + 1)}by-hash/${file.digest.algorithm.toUpperCase()}/${file.digest.hex}`;
  const places = release.byHash ? [named, folder + path] : [folder + path];
  const urls = mirrors.flatMap((mirror) => places.map((place) => urlOf(mirror, place)));
  return store.fetch({ what: folder + path, urls, size: file.size, digest: file.digest });
}

export function noArchitecture(
  release: Release,
  { suite, arch }: Pick<IndexOptions, 'suite' | 'arch'>,
): MkbaseError {
  return absent('architecture', arch, suite, release.architectures);
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

function inLz4(path: string, suite: string): MkbaseError {
  return new MkbaseError(
    'package/unknown-compression',
    `\`${suite}\` has \`${path}\` in lz4 alone, which cannot be read`,
    { hint: 'use a mirror that has it in gzip, xz or zstd too, as every tool that makes archives writes it' },
  );
}

function unlisted(path: string, suite: string): MkbaseError {
  return new MkbaseError(
    'signature/index-without-hash',
    `the Release of \`${suite}\` does not list \`${path}\``,
    {
      hint: 'only SHA256 and SHA512 count; use a mirror whose Release lists the index with one of them',
    },
  );
}
