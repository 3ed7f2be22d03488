/** The differences between two things that mkbase makes or reads: locks, root filesystems, images. Pure. */
import { FAMILIES, familyOf } from '../families/index.ts';
import {
  type FileChange,
  type FileFacts,
  fileChanges,
  type PrivilegeChange,
  privilegeChanges,
} from './files.ts';
import { mergeChanges, type PackageChange, type PackageSet, packageChanges } from './packages.ts';
import { type SettingChange, type Settings, settingChanges } from './settings.ts';
import type { Side } from './side.ts';

export interface Changes {
  readonly before: string;
  readonly after: string;
  readonly packages: readonly PackageChange[];
  /** Bytes of the package files, or of the files where both sides have some; null where a side knows neither. */
  readonly size: {
    readonly unit: 'download' | 'unpacked';
    readonly before: number;
    readonly after: number;
  } | null;
  readonly privileges: readonly PrivilegeChange[];
  /** Null where a side holds no files. */
  readonly files: readonly FileChange[] | null;
  readonly settings: readonly SettingChange[];
  /** Differences of the requests apart from packages, where both sides are locks. */
  readonly request: readonly SettingChange[];
}

/**
 * Compares packages by the family's version order, and files and settings as far as both sides
 * have them.
 */
export function compareSides(before: Side, after: Side): Changes {
  const family = after.family ?? before.family;
  // Without packages there is nothing to compare.
  const { compareVersions: order } = family === null ? FAMILIES[0]! : familyOf({ family });
  const hasFiles = before.files !== null && after.files !== null;
  return {
    before: before.name,
    after: after.name,
    packages: mergeChanges(
      pairsOf(before.packages, after.packages).flatMap(([was, is]) => packageChanges(was, is, order)),
    ),
    size: sizeOf(before, after),
    privileges: hasFiles ? privilegeChanges(before.files, after.files) : [],
    files: hasFiles ? fileChanges(before.files, after.files) : null,
    settings: between(before.settings, after.settings),
    request: between(before.request, after.request),
  };
}

function between(before: Settings | null, after: Settings | null): SettingChange[] {
  return before === null || after === null ? [] : settingChanges(before, after);
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

function sizeOf(before: Side, after: Side): Changes['size'] {
  if (before.files !== null && after.files !== null) {
    return { unit: 'unpacked', before: bytesOf(before.files), after: bytesOf(after.files) };
  }
  const [was, is] = [downloadOf(before.packages), downloadOf(after.packages)];
  return was === null || is === null ? null : { unit: 'download', before: was, after: is };
}

function bytesOf(files: FileFacts): number {
  return [...files.values()].reduce((sum, file) => sum + (file.type === 'file' ? file.size : 0), 0);
}

function downloadOf(sets: readonly PackageSet[]): number | null {
  const sizes = sets.flatMap(({ packages }) => packages.map(({ size }) => size));
  return sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
}
