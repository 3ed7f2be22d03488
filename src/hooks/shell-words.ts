/**
 * Words as a shell splits them: at white space that neither quotes nor a backslash protect, which are taken
 * away. Variables and globs mean nothing. Null where a quote is not closed.
 */
export function shellWords(text: string): readonly string[] | null {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const [word] = WORD.exec(rest) as RegExpExecArray;
    const after = rest.slice(word.length);
    if (after !== '' && !/^\s/.test(after)) return null;
    words.push(
      word.replace(PIECE, (_, double?: string, single?: string, escaped?: string) => {
        return double?.replaceAll(/\\(.)/gs, '$1') ?? single ?? escaped ?? '';
      }),
    );
    rest = after.trimStart();
  }
  return words;
}

const WORD = /^(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])*/s;
const PIECE = /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs;
