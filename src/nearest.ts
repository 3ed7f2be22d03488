/**
 * The candidates that a mistyped name most likely stood for, nearest first, at most `limit`. Distance
 * counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment); a
 * candidate is near within a third of the longer name's length. A beginning counts as near too:
 * `book` is a hand that stopped at `bookworm`.
 */
export function nearest(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const typed = name.toLowerCase();
  const near: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const known = candidate.toLowerCase();
    const begins = typed.length >= 3 && (known.startsWith(typed) || typed.startsWith(known));
    const allowed = Math.max(1, Math.floor(Math.max(typed.length, known.length) / 3));
    if (!begins && Math.abs(typed.length - known.length) > allowed) continue;
    const distance = editDistance(typed, known);
    if (begins || distance <= allowed) near.push({ candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return near.slice(0, limit).map(({ candidate }) => candidate);
}

/** "did you mean `a` or `b`", or undefined where nothing is near: made to be a hint. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const names = nearest(name, candidates).map((candidate) => `\`${candidate}\``);
  if (names.length === 0) return undefined;
  const last = names.pop();
  return names.length === 0 ? `did you mean ${last}` : `did you mean ${names.join(', ')} or ${last}`;
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(current[column - 1]! + 1, last[column]! + 1, last[column - 1]! + substitution);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
