import type { Excluded } from './exclusions.ts';

/** The files that one path rule left out. */
export interface RuleTally {
  /** `/usr/share/doc/*`. */
  readonly glob: string;
  /** Entries: files, links and directories. */
  readonly entries: number;
  readonly bytes: number;
}

export interface ExclusionTally {
  add(excluded: readonly Excluded[]): void;
  /** The largest first. */
  byRule(): readonly RuleTally[];
}

export function tallyExclusions(): ExclusionTally {
  const tallies = new Map<string, RuleTally>();
  return {
    add(excluded) {
      for (const { rule, bytes } of excluded) {
        const { glob } = rule;
        const before = tallies.get(glob) ?? { glob, entries: 0, bytes: 0 };
        tallies.set(glob, { glob, entries: before.entries + 1, bytes: before.bytes + bytes });
      }
    },
    byRule: () => [...tallies.values()].sort((a, b) => b.bytes - a.bytes || (a.glob < b.glob ? -1 : 1)),
  };
}
