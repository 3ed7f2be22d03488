import { createHash } from 'node:crypto';
import type { Account } from '../additions/account.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { LockedHook } from '../hooks/hook.ts';
import type { ImageSettings } from '../image/settings.ts';
import type { Solver, Variant } from '../recipe/recipe.ts';

/** A signed index that the resolution was made from. */
export interface LockedIndex {
  /** Of apt, the pocket, or the name that an own source got; of apk, the component. */
  readonly pocket: string;
  readonly suite: string;
  /** sha256 of the text as signed, lower-case hex. */
  readonly digest: string;
  /** Release's `Date:`, or the newest build time in an apk index; ISO 8601. */
  readonly date: string;
  /**
   * Fingerprint of the primary key that signed it, upper-case hex, or the name of apk's key file; null
   * where the check was off.
   */
  readonly signedBy: string | null;
  /** Of a source of the user's own, and not the recipe's. */
  readonly own?: OwnIndex;
}

export interface OwnIndex {
  /** Its address, without credentials. */
  readonly uri: string;
  /** Checks that its source turned off. */
  readonly checksOff: readonly Check[];
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
  /** What the file is checked by, as its index gives it: `sha256:HEX`, or `apk:HEX`, apk's identity. */
  readonly digest: string;
  /**
   * `essential`: of the set that is in place before any script runs. `requested`: by the variant or by
   * name. `dependency`: pulled in, and marked as such for apt's autoremove.
   */
  readonly reason: 'essential' | 'requested' | 'dependency';
  /** Of apk: the tag by which its repository was allowed, without the `@`. */
  readonly tag?: string;
}

/** Checks that a user turns off by name; `trusted` is that no source calls itself so. */
export type Check = 'signature' | 'trusted' | 'valid-until' | 'date' | 'suite' | 'rollback';

/** What the user asked for beyond the variant. */
export interface LockedOptions {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly scripts: 'run' | 'skip';
  readonly apt?: AptOptions;
}

export interface AptOptions {
  readonly recommends: boolean;
  readonly solver: Solver;
  readonly preferences: boolean;
  /** sha256 of the answers given to debconf, which may hold secrets; null where none are. */
  readonly debconfSelections: string | null;
  readonly pins: readonly Pin[];
  /** The moment that the suite's pockets were taken as of, ISO 8601: their Valid-Until was judged by it. */
  readonly snapshot: string | null;
  /** Package files of the user's machine, `sha256:HEX`. */
  readonly local: readonly string[];
}

/** A priority that the user gave, apt_preferences(5). */
export interface Pin {
  /** The name of a pocket, or what a Release calls itself: `Suite` or `Codename`. */
  readonly suite: string;
  readonly priority: number;
}

/** A file that is written into the image beside the packages' own: apt's sources, settings. */
export interface LockedFile {
  /** As in a Tree: relative, without a leading slash. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** UTF-8, where `encoding` says nothing else. */
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
  /** Of a scratch image, sorted by path. */
  readonly programs?: readonly LockedProgram[];
  /** Whether private keys that scripts draw stay. */
  readonly keepSecrets: boolean;
  /** What a container is started with, and what the image says of itself. */
  readonly settings: ImageSettings;
  readonly annotations: Readonly<Record<string, string>>;
  /** Seconds since 1970 that the image says it was made at; null is the epoch. */
  readonly created: number | null;
  readonly apt?: AptImage;
  readonly apk?: ApkImage;
}

/** A file of this machine that is in the image as it is: a program, a library that it needs. */
export interface LockedProgram {
  /** As in a Tree. */
  readonly path: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface ApkImage {
  /** What stands for root's password in etc/shadow where its package leaves it empty: nobody can log in with it. */
  readonly rootPassword: '*' | '!';
  /** Of the packages, the one of which only files below /etc are unpacked, and that is not installed. */
  readonly releaseFiles: string | null;
  /** The version of apk-tools whose database it has; that of apk-tools 2 where it is not told. */
  readonly apkTools?: 3;
}

export interface AptImage {
  readonly mergedUsr: boolean;
  /** Programs that do nothing while scripts run: the recipe's. */
  readonly silenced: readonly string[];
  /** Whether services stay forbidden and silenced programs diverted, as in Docker's images. */
  readonly dockerSettings: boolean;
  /** Whether `status.d` stands in the place of dpkg's database; left out where it does not. */
  readonly statusDirectory?: boolean;
}

/**
 * What is built, exactly. Key order is the order below. Packages of apt are sorted by name, then arch: the
 * order of installation follows from them. Those of apk are in the order of installation.
 */
export interface Lock {
  readonly version: 1;
  readonly recipe: { readonly name: string; readonly digest: string };
  readonly arch: string;
  readonly variant: Variant;
  readonly components: readonly string[];
  readonly options: LockedOptions;
  /** dpkg path rules in order, as in dpkg.cfg: `path-exclude=/usr/share/doc/*`. */
  readonly pathRules: readonly string[];
  readonly image: LockedImage;
  readonly indexes: readonly LockedIndex[];
  readonly checksOff: readonly Check[];
  readonly packages: readonly LockedPackage[];
  /** Seconds since 1970; null until every package was fetched. */
  readonly epoch: number | null;
  readonly inputsDigest: string;
  readonly lockDigest: string;
}

export type LockContent = Omit<Lock, 'version' | 'inputsDigest' | 'lockDigest'>;

/** A Lock from its content: digests computed. */
export function makeLock(content: LockContent): Lock {
  return { version: 1, ...content, inputsDigest: inputsDigest(content), lockDigest: lockDigest(content) };
}

/** Packages by name, then architecture. */
export function sorted<Package extends Pick<LockedPackage, 'name' | 'arch'>>(
  packages: readonly Package[],
): Package[] {
  return packages.toSorted((a, b) => compare(a.name, b.name) || compare(a.arch, b.arch));
}

/**
 * sha256 over the configuration and the signed indexes: equal where nothing that resolution reads has
 * changed, so that a refresh need not resolve.
 */
export function inputsDigest(lock: LockContent): string {
  const { recipe, arch, variant, components, options, pathRules, image, checksOff } = lock;
  const indexes = lock.indexes.map(({ pocket, suite, digest, own }) => {
    return { pocket, suite, digest, ...(own !== undefined && { uri: own.uri }) };
  });
  return digestOf({
    ...{ recipe, arch, variant, components, options, pathRules, image, checksOff, indexes },
  });
}

/**
 * sha256 over what decides the result: recipe, packages, exclusions and image settings. Neither the
 * epoch nor dates nor index digests are in it: signing the same packages again changes nothing.
 */
export function lockDigest(lock: LockContent): string {
  const { recipe, arch, pathRules, image } = lock;
  const { scripts, apt } = lock.options;
  const debconfSelections = apt?.debconfSelections ?? null;
  const packages = lock.packages.map(({ name, version, arch, digest, reason, tag }) => {
    return { name, version, arch, digest, reason, ...(tag !== undefined && { tag }) };
  });
  return digestOf({ recipe, arch, pathRules, image, scripts, debconfSelections, packages });
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
