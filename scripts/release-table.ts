import { readFile } from 'node:fs/promises';

// From dist/scripts, where this module runs.
const FILE = new URL('../../recipes/releases.csv', import.meta.url);

/** The facts of a suite that move with time. Dates are YYYY-MM-DD, null where none is set. */
export interface Release {
  /** `debian:bookworm` */
  readonly name: string;
  /** `12`; null for a suite that is never released. */
  readonly release: string | null;
  readonly released: string | null;
  /** The last day of the distribution's own support, and of the support that it gives after that. */
  readonly eol: string | null;
  readonly eolLts: string | null;
  /** `oldstable`, `lts` */
  readonly aliases: readonly string[];
}

/** The table of recipes/releases.csv, by name. */
export async function readReleases(): Promise<ReadonlyMap<string, Release>> {
  const releases = readTable(await readFile(FILE, 'utf8')).map(releaseOf);
  return new Map(releases.map((release) => [release.name, release]));
}

function releaseOf(row: Row): Release {
  return {
    name: `${row.distribution}:${row.suite}`,
    release: row.release || null,
    released: row.released || null,
    eol: row.eol || null,
    eolLts: row['eol-lts'] || null,
    aliases: row.aliases?.split(' ').filter(Boolean) ?? [],
  };
}

export type Row = Readonly<Record<string, string>>;

/**
 * A table as distro-info-data has them: a line a row, the first names the columns, no commas in cells. Lines that
 * begin with `#` are comments; cells at the end of a line may be left out.
 */
export function readTable(text: string): Row[] {
  const [head = [], ...rows] = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(','));
  return rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [head[index] ?? '', cell])));
}
