import { createHash } from 'node:crypto';
import type { Account } from '../additions/account.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { LockedHook } from '../hooks/hook.ts';
import type { ImageSettings } from '../image/settings.ts';
import type { LockSection } from './section.ts';

/** A signed index that the resolution was made from. */
export interface LockedIndex {
  /** The pocket or component, or the name that an own source got. */
  readonly pocket: string;
  readonly suite: string;
  /**
   * Its official address, below which the paths of its packages are, wherever they came from; that of a source
   * of the user's own, without credentials.
   */
  readonly uri: string;
  /** sha256 of the text as signed, lower-case hex. */
  readonly digest: string;
  /** Release's `Date:`, or the newest build time where an index has no date; ISO 8601. */
  readonly date: string;
  /**
   * Fingerprint of the primary key that signed it, upper-case hex, or the name of the key's file; null
   * where the check was off.
   */
  readonly signedBy: string | null;
  /** The publisher that it names: Release's `Origin:`. */
  readonly origin?: string;
  /** Where its states of the past are, each below a moment as in `20240131T120000Z`. */
  readonly snapshots?: string;
  /** In an archive of its own, for which neither MIRROR nor the host's mirrors stand. */
  readonly separate?: true;
  /** Only for a source of the user's own, not the recipe's: the checks that it turned off. */
  readonly own?: { readonly checksOff: readonly Check[] };
}

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** That of the index it is from. */
  readonly pocket: string;
  /** Path on the mirror, below its root: `pool/main/h/hello/hello_2.10-3_amd64.deb`. */
  readonly path: string;
  readonly size: number;
  /** The file's digest, as its index gives it: `sha256:HEX`, `sha512:HEX`, or in a form of its family. */
  readonly digest: string;
  /**
   * `essential`: of the set that is in place before any script runs. `requested`: by the variant or by
   * name. `dependency`: pulled in, and marked as such for a later autoremove.
   */
  readonly reason: 'essential' | 'requested' | 'dependency';
  /** The tag by which its repository was allowed, without the `@`, where repositories have some. */
  readonly tag?: string;
}

/** Checks that a user turns off by name; `trusted` is that no source calls itself so. */
export type Check = 'signature' | 'trusted' | 'valid-until' | 'date' | 'suite' | 'rollback';

/** The user's choices beyond the variant. */
export interface LockedOptions {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly scripts: 'run' | 'skip';
}

/** A file that is written into the image beside the packages' own: sources, settings. */
export interface LockedFile {
  /** As in a Tree: relative, without a leading slash. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** UTF-8, unless `encoding` is set. */
  readonly content: string;
  readonly encoding?: 'base64';
}

/** The content of a file as it is written. */
export function bytesOf({ content, encoding }: LockedFile): Buffer {
  return Buffer.from(content, encoding ?? 'utf8');
}

export interface LockedImage {
  readonly files: readonly LockedFile[];
  readonly accounts: readonly Account[];
  /** sha256 of the local content that was added, as packAdditions packs it; null where none was. */
  readonly additions: string | null;
  /** The user's own programs, if any, in the order they ran, by sha256: their text may hold secrets. */
  readonly hooks?: readonly LockedHook[];
  /** The programs of a scratch image, sorted by path. */
  readonly programs?: readonly LockedProgram[];
  /** Whether private keys that scripts draw stay. */
  readonly keepSecrets: boolean;
  /** The settings of a container, with labels. */
  readonly settings: ImageSettings;
  readonly annotations: Readonly<Record<string, string>>;
  /** Seconds since 1970 that the image says it was made at; null is the epoch. */
  readonly created: number | null;
}

/** The part of a lock that only the family of its distribution understands. */
export interface LockedFamily {
  readonly name: string;
  /** The family's part of the request. */
  readonly options: object;
  /** The family's part of the image. */
  readonly image: object;
}

/** A file of this machine that is in the image as it is: a program, a library that it needs. */
export interface LockedProgram {
  /** As in a Tree. */
  readonly path: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface LockedRecipe {
  /** `debian:bookworm` */
  readonly name: string;
  readonly distribution: string;
  /** Codename, or branch. */
  readonly suite: string;
  /** `12`; null where it has none. */
  readonly release: string | null;
  /** `ID` and `VERSION_ID` of os-release(5) in it, where those are another distribution's. */
  readonly system?: { readonly name: string; readonly version: string };
  /** sha256, hex, of the parts of the recipe that decide the choice of packages and are nowhere else in the lock. */
  readonly digest: string;
}

/**
 * The exact inputs of a build: nothing else is needed to make it, or to list its contents. Key order is the
 * order below. The order of packages determines that of their installation.
 */
export interface Lock {
  /** 1 for a file of version 1, which is written as such again: images refer to it by its digests. */
  readonly version: 1 | 2;
  readonly recipe: LockedRecipe;
  readonly arch: string;
  readonly variant: string;
  readonly components: readonly string[];
  readonly options: LockedOptions;
  /** dpkg path rules in order, as in dpkg.cfg: `path-exclude=/usr/share/doc/*`. */
  readonly pathRules: readonly string[];
  readonly image: LockedImage;
  /** Null where there are no packages. */
  readonly family: LockedFamily | null;
  readonly indexes: readonly LockedIndex[];
  readonly checksOff: readonly Check[];
  readonly packages: readonly LockedPackage[];
  /** Seconds since 1970; null until every package was fetched. */
  readonly epoch: number | null;
  readonly inputsDigest: string;
  readonly lockDigest: string;
}

export type LockContent = Omit<Lock, 'version' | 'inputsDigest' | 'lockDigest'>;

/** A Lock from its content: digests computed. `section` is of its family. */
export function makeLock(content: LockContent, section: LockSection | null): Lock {
  return {
    ...content,
    version: 2,
    inputsDigest: inputsDigest(content, section),
    lockDigest: lockDigest(content, section),
  };
}

/** Packages by name, then architecture. */
export function sorted<Package extends Pick<LockedPackage, 'name' | 'arch'>>(
  packages: readonly Package[],
): Package[] {
  return packages.toSorted((a, b) => compare(a.name, b.name) || compare(a.arch, b.arch));
}

/**
 * sha256 over what was asked for and the signed indexes: equal where nothing that resolution reads has
 * changed, so that a refresh need not resolve.
 */
export function inputsDigest(lock: LockContent, section: LockSection | null): string {
  const { arch, variant, components, options, pathRules, image, family, checksOff } = lock;
  const { name, digest } = lock.recipe;
  const indexes = lock.indexes.map(({ pocket, suite, uri, digest, own }) => {
    return { pocket, suite, digest, ...(own !== undefined && { uri }) };
  });
  return digestOf({
    ...{ recipe: { name, digest }, arch, variant, components, options, pathRules, image, checksOff, indexes },
    family: family && { name: family.name, ...section?.inputs(family) },
  });
}

/**
 * sha256 over what decides the image: packages, exclusions, settings, and its names in it. Neither the recipe,
 * the epoch nor dates and digests of indexes are in it: signing the same packages again changes nothing.
 */
export function lockDigest(lock: LockContent, section: LockSection | null): string {
  const { recipe, arch, variant, pathRules, image, family, options } = lock;
  const packages = lock.packages.map(({ name, version, arch, digest, reason, tag }) => {
    return { name, version, arch, digest, reason, ...(tag !== undefined && { tag }) };
  });
  return digestOf({
    ...{ name: recipe.name, arch, variant, pathRules, image, scripts: options.scripts, packages },
    family: family && { name: family.name, ...section?.result(family) },
  });
}

/** sha256 of a value as canonical JSON, lower-case hex. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
