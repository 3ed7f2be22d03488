import { createHash } from 'node:crypto';
import { compress, extension, type TestCodec } from './codec.ts';
import { buildDeb, controlFields, type DebSpec, formatStanza } from './deb.ts';
import { clearSign, detachedSign, type TestKey } from './key.ts';

export type HashName = 'MD5Sum' | 'SHA1' | 'SHA256' | 'SHA512';

export interface RepositoryPackage extends DebSpec {
  /** Default: the suite's first component. */
  readonly component?: string;
  /** Fields of the index's stanza that differ from the truth (`Size`, `SHA256`, `Filename`) or come on top. */
  readonly index?: Readonly<Record<string, string>>;
}

export interface SuiteSpec {
  /** The folder below `dists/`: `bookworm-security`; a flat repository's folder below the root (`''`, `sub`). */
  readonly suite: string;
  readonly packages: readonly RepositoryPackage[];
  /** Packages and Release lie side by side, with no components. */
  readonly flat?: boolean;
  /** Default `['amd64']`. */
  readonly arches?: readonly string[];
  /** Default `['main']`. */
  readonly components?: readonly string[];
  /**
   * Where packages of architecture `all` are listed. `debian`: in each architecture's index and in
   * binary-all, and Release says so (No-Support-for-Architecture-all). `separate`: in binary-all alone.
   * `none` (default): in each architecture's index.
   */
  readonly architectureAll?: 'none' | 'debian' | 'separate';
  /** Forms of Packages that exist. Default plain, gz and xz. */
  readonly indexCodecs?: readonly TestCodec[];
  /** Hashes that Release carries. Default MD5Sum and SHA256. */
  readonly releaseHashes?: readonly HashName[];
  /** Hashes that Packages carries. Default MD5sum and SHA256. */
  readonly packageHashes?: readonly HashName[];
  /** Default true. */
  readonly byHash?: boolean;
  /** `Date:` of Release and of its signatures. Default 2026-01-01. */
  readonly date?: Date;
  readonly validUntil?: Date;
  /** Fields of Release: others on top, other values, or undefined to leave one out. */
  readonly release?: Readonly<Record<string, string | undefined>>;
  /** None: no InRelease, and no Release.gpg. */
  readonly keys: readonly TestKey[];
  /** When the signature claims to be made. Default: the date of Release. */
  readonly signed?: Date;
  /** Default both. */
  readonly signatures?: ReadonlyArray<'InRelease' | 'Release.gpg'>;
  /** Changes Packages before its hashes are taken. */
  readonly editPackages?: (text: string) => string;
  /** Changes Release before it is signed. */
  readonly editRelease?: (text: string) => string;
  /** Changes InRelease after it was signed: altered text, text around the signed block. */
  readonly editInRelease?: (text: string) => string;
}

/** Path below the mirror's root → content. Change it to break what the options cannot. */
export type RepositoryFiles = Map<string, Buffer>;

/** A whole mirror with every suite, its indexes, signatures and package files. */
export async function buildRepository(suites: readonly SuiteSpec[]): Promise<RepositoryFiles> {
  const files: RepositoryFiles = new Map();
  for (const spec of suites) await addSuite(files, spec);
  return files;
}

async function addSuite(files: RepositoryFiles, spec: SuiteSpec): Promise<void> {
  const root = spec.flat ? folder(spec.suite) : `dists/${spec.suite}/`;
  const indexes = new Map<string, Buffer>();
  for (const [path, packages] of await indexedPackages(files, spec)) {
    const text = packages.map(formatStanza).join('\n');
    const bytes = Buffer.from(spec.editPackages?.(text) ?? text, 'latin1');
    for (const codec of spec.indexCodecs ?? ['none', 'gz', 'xz']) {
      indexes.set(`${path}${extension(codec)}`, await compress(bytes, codec));
    }
  }
  for (const [path, bytes] of indexes) {
    files.set(root + path, bytes);
    if (spec.byHash === false) continue;
    const parent = path.slice(0, path.lastIndexOf('/') + 1);
    for (const name of releaseHashes(spec))
      files.set(`${root}${parent}by-hash/${name}/${hash(name, bytes)}`, bytes);
  }
  await addRelease(files, root, spec, releaseText(spec, indexes));
}

async function addRelease(
  files: RepositoryFiles,
  root: string,
  spec: SuiteSpec,
  text: string,
): Promise<void> {
  const release = spec.editRelease?.(text) ?? text;
  files.set(`${root}Release`, Buffer.from(release));
  if (spec.keys.length === 0) return;
  const signed = spec.signed ?? releaseDate(spec);
  const signatures = spec.signatures ?? ['InRelease', 'Release.gpg'];
  if (signatures.includes('Release.gpg')) {
    files.set(`${root}Release.gpg`, Buffer.from(await detachedSign(release, spec.keys, signed)));
  }
  if (signatures.includes('InRelease')) {
    const inRelease = await clearSign(release, spec.keys, signed);
    files.set(`${root}InRelease`, Buffer.from(spec.editInRelease?.(inRelease) ?? inRelease));
  }
}

/** Builds the package files, and gives the stanzas of each index by its path below the suite. */
async function indexedPackages(
  files: RepositoryFiles,
  spec: SuiteSpec,
): Promise<Map<string, Record<string, string>[]>> {
  const indexes = new Map(indexPaths(spec).map((path) => [path, [] as Record<string, string>[]]));
  for (const item of spec.packages) {
    const bytes = await buildDeb(item);
    const stanza = indexStanza(spec, item, bytes);
    files.set(poolPath(spec, item), bytes);
    for (const path of indexesOf(spec, item)) indexes.get(path)?.push(stanza);
  }
  return indexes;
}

function indexPaths(spec: SuiteSpec): string[] {
  if (spec.flat) return ['Packages'];
  const arches = architectures(spec);
  return components(spec).flatMap((component) =>
    arches.map((arch) => `${component}/binary-${arch}/Packages`),
  );
}

function indexesOf(spec: SuiteSpec, item: RepositoryPackage): string[] {
  if (spec.flat) return ['Packages'];
  const arch = item.arch ?? 'amd64';
  const arches = arch !== 'all' ? [arch] : listsOfArchitectureAll(spec);
  return arches.map((name) => `${componentOf(spec, item)}/binary-${name}/Packages`);
}

function listsOfArchitectureAll(spec: SuiteSpec): readonly string[] {
  return spec.architectureAll === 'separate' ? ['all'] : architectures(spec);
}

function indexStanza(spec: SuiteSpec, item: RepositoryPackage, bytes: Buffer): Record<string, string> {
  const path = poolPath(spec, item);
  const hashes = (spec.packageHashes ?? ['MD5Sum', 'SHA256']).map((name) => [
    name === 'MD5Sum' ? 'MD5sum' : name,
    hash(name, bytes),
  ]);
  return {
    ...controlFields(item),
    // From the mirror's root for a flat repository too, as apt reads it.
    Filename: spec.flat ? `./${path}` : path,
    Size: `${bytes.length}`,
    ...Object.fromEntries(hashes),
    ...item.index,
  };
}

function releaseText(spec: SuiteSpec, indexes: ReadonlyMap<string, Buffer>): string {
  const listed = spec.flat
    ? {}
    : { Architectures: architectures(spec).join(' '), Components: components(spec).join(' ') };
  const fields: Record<string, string | undefined> = {
    Origin: 'Test',
    Label: 'Test',
    Suite: spec.suite,
    Codename: spec.suite,
    Date: formatDate(releaseDate(spec)),
    'Valid-Until': spec.validUntil && formatDate(spec.validUntil),
    'Acquire-By-Hash': spec.byHash === false ? undefined : 'yes',
    'No-Support-for-Architecture-all': spec.architectureAll === 'debian' ? 'Packages' : undefined,
    ...listed,
    Description: 'a repository made by a test',
    ...spec.release,
  };
  for (const name of releaseHashes(spec)) {
    fields[name] = [...indexes]
      .map(([path, bytes]) => `\n ${hash(name, bytes)} ${bytes.length} ${path}`)
      .join('');
  }
  return formatStanza(
    Object.fromEntries(
      Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
    ),
  );
}

function poolPath(spec: SuiteSpec, item: RepositoryPackage): string {
  const { name, version = '1.0', arch = 'amd64' } = item;
  const file = `${name}_${version.replace(/^\d+:/, '')}_${arch}.deb`;
  return spec.flat
    ? folder(spec.suite) + file
    : `pool/${componentOf(spec, item)}/${name.slice(0, 1)}/${name}/${file}`;
}

function folder(suite: string): string {
  return suite === '' ? '' : `${suite}/`;
}

function architectures(spec: SuiteSpec): readonly string[] {
  const named = spec.arches ?? ['amd64'];
  return (spec.architectureAll ?? 'none') === 'none' ? named : ['all', ...named];
}

function components(spec: SuiteSpec): readonly string[] {
  return spec.components ?? ['main'];
}

function componentOf(spec: SuiteSpec, item: RepositoryPackage): string {
  return item.component ?? components(spec)[0]!;
}

function releaseHashes(spec: SuiteSpec): readonly HashName[] {
  return spec.releaseHashes ?? ['MD5Sum', 'SHA256'];
}

function releaseDate(spec: SuiteSpec): Date {
  return spec.date ?? new Date('2026-01-01T00:00:00Z');
}

/** As in Debian's Release files: `Sat, 11 Jul 2026 10:25:44 UTC`. */
function formatDate(date: Date): string {
  return date.toUTCString().replace('GMT', 'UTC');
}

function hash(name: HashName, bytes: Buffer): string {
  return createHash(name.replace('Sum', '').toLowerCase()).update(bytes).digest('hex');
}
