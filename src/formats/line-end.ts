/** Without those of `letters` that it ends in: unlike with a regular expression, in one pass whatever it holds. */
export function withoutEnd(text: string, letters: string): string {
  let end = text.length;
  while (end > 0 && letters.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
