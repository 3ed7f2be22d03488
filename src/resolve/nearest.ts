const MAX_SUGGESTIONS = 5;

/** The names closest to a mistyped one, best first: few edits away, or with it as a part. */
export function nearest(name: string, names: Iterable<string>): readonly string[] {
  const limit = Math.max(1, Math.floor(name.length / 4));
  const found = new Map<string, number>();
  for (const other of names) {
    const distance = Math.abs(other.length - name.length) > limit ? limit + 1 : editDistance(name, other);
    if (distance <= limit) found.set(other, distance);
    else if (name.length >= 4 && other.startsWith(name)) found.set(other, limit + other.length - name.length);
  }
  return [...found]
    .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map(([other]) => other);
}

/** Insertions, deletions, replacements and swaps of neighbours (restricted Damerau-Levenshtein). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, before[j - 2]! + 1);
      }
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
