/** The record of a base in place, as JSON. Pure. */
import type { Excluded } from '../../../rootfs/exclusions.ts';
import { parsePathRules } from '../../../rootfs/exclusions.ts';
import type { Member } from './base-set.ts';
import type { PlacedPackage } from './placement.ts';
import { openRootfs, type Rootfs } from './wave.ts';

export interface KeptBase {
  /** In the order in which they were placed. */
  readonly packages: readonly KeptPackage[];
  /** When the newest was built, seconds since 1970. */
  readonly newest: number;
  readonly epoch: number;
  readonly baseEpoch: number;
  /** When the build began to write, and when it was packed, milliseconds since 1970. */
  readonly began: number;
  readonly packed: number;
  /** As {@link Rootfs.texts}. */
  readonly texts: readonly string[];
  readonly notices: readonly string[];
  readonly excluded: readonly (readonly [rule: string, bytes: number])[];
}

interface KeptPackage extends Omit<PlacedPackage, 'paths' | 'lost' | 'changed'> {
  readonly digest: string;
  readonly paths: readonly string[];
  readonly lost: readonly string[];
  /** Names that are its own, as {@link Rootfs.owners} has them. */
  readonly owned: readonly string[];
}

export interface BaseInPlace extends Pick<KeptBase, 'newest' | 'epoch' | 'baseEpoch' | 'began' | 'packed'> {
  readonly rootfs: Rootfs;
  readonly packages: readonly Member[];
}

export function keptBase({ rootfs, packages, ...times }: BaseInPlace): KeptBase {
  const digests = new Map(packages.map(({ item, control }) => [control.name, item.digest]));
  const owned = new Map(rootfs.placed.map((placed) => [placed, [] as string[]]));
  for (const [name, owner] of rootfs.owners) owned.get(owner)?.push(name);
  return {
    ...times,
    packages: rootfs.placed.map((placed) => {
      const { control, paths, files, replaced, lost } = placed;
      return {
        ...{ digest: digests.get(control.name)!, control, files, replaced },
        ...{ paths: [...paths], lost: [...lost], owned: owned.get(placed)! },
      };
    }),
    texts: [...rootfs.texts],
    notices: rootfs.notices,
    excluded: rootfs.excluded.map(({ rule, bytes }) => [rule.text, bytes]),
  };
}

/** The same again, of a build with the same path rules; what was planned is of no more use. */
export function rootfsOf(
  { packages, texts, notices, excluded }: KeptBase,
  pathRules: readonly string[],
): Rootfs {
  const rootfs = openRootfs();
  for (const { control, paths, files, replaced, lost, owned } of packages) {
    const placed: PlacedPackage = {
      ...{ control, files, replaced, changed: false },
      ...{ paths: new Set(paths), lost: new Set(lost) },
    };
    rootfs.placed.push(placed);
    for (const name of owned) rootfs.owners.set(name, placed);
  }
  const rules = new Map(parsePathRules(pathRules).map((rule) => [rule.text, rule]));
  const left: Excluded[] = excluded.map(([text, bytes]) => ({ rule: rules.get(text)!, bytes }));
  for (const text of texts) rootfs.texts.add(text);
  rootfs.excluded.push(...left);
  rootfs.notices.push(...notices);
  return rootfs;
}
