import type { Release, Row } from './release-table.ts';

export interface Comparison {
  /** The rows of recipes/releases.csv, by name. */
  readonly ours: ReadonlyMap<string, Release>;
  /** The tables of distro-info-data, by distribution. */
  readonly theirs: ReadonlyMap<string, readonly Row[]>;
  /** YYYY-MM-DD */
  readonly today: string;
}

/** Suites that hold only what is to be tried on top of another one: no base is made of them. */
const NO_BASE = ['experimental', 'rc-buggy'];

/** Alpine has no table there, and a new branch each May or June and each November or December. */
const ALPINE_DAYS = 210;

/** The outdated rows of recipes/releases.csv, in sentences. */
export function staleReleases({ ours, theirs, today }: Comparison): string[] {
  const distributions = new Set([...ours.keys()].map((name) => name.split(':')[0]!));
  return [...distributions].flatMap((distribution) => {
    const suites = [...ours.values()].filter(({ name }) => name.startsWith(`${distribution}:`));
    const rows = (theirs.get(distribution) ?? []).filter(({ series = '' }) => !NO_BASE.includes(series));
    return [
      ...rows.flatMap((row) => {
        const name = `${distribution}:${row.series}`;
        const release = ours.get(name);
        return release === undefined ? missing(name, row, today) : differences(release, row, today);
      }),
      ...movedAliases(distribution, suites, today),
      ...(distribution === 'alpine' ? oldBranch(suites, today) : []),
    ];
  });
}

/** A suite that has begun and whose support has not ended. */
function missing(name: string, row: Row, today: string): string[] {
  const end = row['eol-lts'] || row.eol || today;
  if ((row.created ?? '') > today || end < today) return [];
  return [`\`${name}\` is missing${row.version ? `, version ${row.version}` : ''}`];
}

function differences({ name, release, released, eol, eolLts }: Release, row: Row, today: string): string[] {
  const pairs = [
    ['release', release, row.version?.replace(/ LTS$/, '')],
    // A day that is planned is no release yet.
    ['released', released, (row.release ?? '') > today ? '' : row.release],
    ['eol', eol, row.eol],
    ['eol-lts', eolLts, row['eol-lts']],
  ] as const;
  return pairs
    .filter(([, here, there]) => (here ?? '') !== (there ?? ''))
    .map(
      ([column, here, there]) =>
        `\`${name}\` has \`${column}\` ${here ?? 'empty'}, distro-info-data ${there || 'empty'}`,
    );
}

function movedAliases(distribution: string, suites: readonly Release[], today: string): string[] {
  return Object.entries(aliasesByDate(distribution, suites, today)).flatMap(([alias, suite]) => {
    if (suite === undefined || suite.aliases.includes(alias)) return [];
    const here = suites.find(({ aliases }) => aliases.includes(alias))?.name;
    return [
      `\`${distribution}:${alias}\` is \`${suite.name}\` by its dates, ${here ? `\`${here}\`` : 'nothing'} here`,
    ];
  });
}

/** The suite that each name stands for that moves on with a release. */
function aliasesByDate(
  distribution: string,
  suites: readonly Release[],
  today: string,
): Record<string, Release | undefined> {
  const released = suites
    .filter((suite) => suite.released !== null && suite.released <= today)
    .toSorted((a, b) => b.released!.localeCompare(a.released!));
  const next = suites.find((suite) => suite.release !== null && !released.includes(suite));
  const [newest, second, third] = released;
  switch (distribution) {
    case 'debian':
      return { stable: newest, latest: newest, testing: next, oldstable: second, oldoldstable: third };
    case 'ubuntu': {
      const lts = released.find(({ release }) => /[02468]\.04$/.test(release!));
      return { lts, latest: lts, rolling: newest, devel: next };
    }
    case 'alpine':
      return { latest: newest, 'latest-stable': newest, 3: newest };
    default:
      return {};
  }
}

function oldBranch(branches: readonly Release[], today: string): string[] {
  const newest = Math.max(...branches.map(({ released }) => Date.parse(released ?? '0')));
  const days = Math.floor((Date.parse(today) - newest) / 86_400_000);
  return days < ALPINE_DAYS
    ? []
    : [`the newest branch of Alpine is ${days} days old: there may be a newer one`];
}
