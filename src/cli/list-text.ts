import { listedBuiltIn } from '../recipe/built-in.ts';
import type { ListedSuite } from '../recipe/listed-suite.ts';
import { columns, jsonText, linesText } from '../text.ts';
import { isoDay } from '../time.ts';

/** A suite, and the file of the user's that it was read from; null for one of mkbase's own. */
export type Row = ListedSuite & { readonly from: string | null };

/** The output of `mkbase list`: mkbase's own suites, and those of the user's files. */
export function listOutput(rows: readonly Row[], { json }: { readonly json: boolean }): string {
  const all = [...listedBuiltIn().map((suite) => ({ from: null, ...suite })), ...rows];
  return json ? jsonText(all) : listText(all, isoDay(new Date()));
}

/** A line a suite; the mirrors of its pockets below. `today` is YYYY-MM-DD. */
export function listText(rows: readonly Row[], today: string): string {
  const head = ['suite', 'release', 'also', 'end of life', 'from', 'architectures'];
  const suites = rows.map((row) => [
    `${row.distribution}:${row.suite}`,
    row.release ?? '-',
    row.aliases.join(' ') || '-',
    endOf(row, today),
    row.from ?? 'mkbase',
    row.architectures.join(' '),
  ]);
  const mirrors = rows.flatMap(({ pockets }) => pockets.flatMap(mirrorRows));
  return linesText([
    ...columns([head, ...suites]),
    '',
    ...columns([['pocket', 'default mirrors'], ...mirrors]),
  ]);
}

function endOf({ endOfLife }: ListedSuite, today: string): string {
  if (endOfLife === null) return '-';
  return endOfLife < today ? `${endOfLife} (ended)` : endOfLife;
}

/** A row for each set of architectures that has mirrors of its own. */
function mirrorRows({ suite, mirrors }: ListedSuite['pockets'][number]): [string, string][] {
  const { default: usual, ...own } = mirrors;
  const sets = new Set(Object.values(own).map((urls) => urls.join(' ')));
  const archesOf = (set: string) => Object.keys(own).filter((arch) => own[arch]!.join(' ') === set);
  return [
    ...[...sets].map((set): [string, string] => [suite, `${set} (${archesOf(set).join(', ')})`]),
    [suite, `${usual.join(' ')}${sets.size > 0 ? ' (others)' : ''}`],
  ];
}
