/** What differs between two things that mkbase makes or reads: locks, root filesystems, images. Pure. */
import { compareVersions as compareApk } from '../families/apk/version.ts';
import { compareVersions as compareApt } from '../families/apt/version.ts';
import type { ImageSettings } from '../image/settings.ts';
import type { Lock } from '../lock.ts';
import { findRecipe } from '../recipes.ts';
import {
  type FileChange,
  type FileFacts,
  fileChanges,
  type PrivilegeChange,
  privilegeChanges,
} from './files.ts';
import {
  mergeChanges,
  type PackageChange,
  type PackageSet,
  packageChanges,
  type SizeUnit,
} from './packages.ts';
import { type SettingChange, settingChanges } from './settings.ts';

/** One side of a comparison; what it does not hold is null. */
export interface Side {
  /** As the user wrote it. */
  readonly name: string;
  /** Whose order of versions holds; null where there are no packages. */
  readonly family: 'apt' | 'apk' | null;
  /** One an architecture. */
  readonly packages: readonly PackageSet[];
  readonly files: FileFacts | null;
  readonly settings: ImageSettings | null;
}

export interface Changes {
  readonly before: string;
  readonly after: string;
  readonly packages: readonly PackageChange[];
  /** Bytes of all packages; null where the sides count in different units. */
  readonly size: { readonly unit: SizeUnit; readonly before: number; readonly after: number } | null;
  readonly privileges: readonly PrivilegeChange[];
  /** Null where a side holds no files. */
  readonly files: readonly FileChange[] | null;
  readonly settings: readonly SettingChange[];
}

export function compareSides(before: Side, after: Side): Changes {
  const order = (after.family ?? before.family) === 'apk' ? compareApk : compareApt;
  const hasFiles = before.files !== null && after.files !== null;
  const hasSettings = before.settings !== null && after.settings !== null;
  return {
    before: before.name,
    after: after.name,
    packages: mergeChanges(
      pairsOf(before.packages, after.packages).flatMap(([was, is]) => packageChanges(was, is, order)),
    ),
    size: sizeOf(before.packages, after.packages),
    privileges: hasFiles ? privilegeChanges(before.files, after.files) : [],
    files: hasFiles ? fileChanges(before.files, after.files) : null,
    settings: hasSettings ? settingChanges(before.settings, after.settings) : [],
  };
}

export function isUnchanged({ packages, files, settings }: Changes): boolean {
  return packages.length === 0 && (files ?? []).length === 0 && settings.length === 0;
}

/** The side that locks are, of one image. */
export function sideOfLocks(name: string, locks: readonly Lock[]): Side {
  return {
    name,
    family: familyOf(locks[0]!),
    packages: locks.map(({ arch, packages }) => ({
      arch,
      unit: 'download',
      packages: packages.map(({ name, version, arch, pocket, digest, size }) => {
        return { name, version, arch, pocket, digest, size };
      }),
    })),
    files: null,
    settings: locks[0]!.image.settings,
  };
}

function familyOf({ recipe }: Lock): 'apt' | 'apk' {
  return findRecipe(recipe.name).family;
}

/** The sets of each architecture; with one on each side they are compared whatever they are. */
function pairsOf(
  before: readonly PackageSet[],
  after: readonly PackageSet[],
): (readonly [PackageSet, PackageSet])[] {
  if (before.length === 1 && after.length === 1) return [[before[0]!, after[0]!]];
  const none = (like: PackageSet): PackageSet => ({ ...like, packages: [] });
  return [
    ...after.map((is) => [before.find(({ arch }) => arch === is.arch) ?? none(is), is] as const),
    ...before
      .filter((was) => !after.some(({ arch }) => arch === was.arch))
      .map((was) => [was, none(was)] as const),
  ];
}

function sizeOf(before: readonly PackageSet[], after: readonly PackageSet[]): Changes['size'] {
  const [unit, ...others] = new Set([...before, ...after].map((set) => set.unit));
  if (unit === undefined || others.length > 0) return null;
  const sum = (sets: readonly PackageSet[]) =>
    sets.flatMap(({ packages }) => packages).reduce((total, { size }) => total + size, 0);
  return { unit, before: sum(before), after: sum(after) };
}
