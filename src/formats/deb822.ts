import { withoutEnd } from './line-end.ts';

/**
 * A paragraph of a control file, deb822(5): field names in lower case, values with the white space at
 * both ends removed. Lines of a folded or multi-line value stay apart by `\n`, each without its first
 * space or tab.
 */
export type Paragraph = ReadonlyMap<string, string>;

/**
 * The paragraphs of `text`, as apt and dpkg read them: fields in any order and case, LF or CRLF, a last
 * line without newline, comment lines (`#` in the first column) anywhere. A line that is neither a field
 * nor a continuation is left out, as is a continuation that follows no field; of a field given twice the
 * first counts. A multi-line value that marks empty lines by ` .` keeps the mark.
 */
export function parseDeb822(text: string): Paragraph[] {
  const paragraphs: Map<string, string>[] = [];
  let paragraph: Map<string, string> | undefined;
  let field: string | undefined;
  for (const line of text.split('\n')) {
    const trimmed = withoutEnd(line, SPACE);
    if (trimmed === '') {
      paragraph = undefined;
      field = undefined;
    } else if (trimmed.startsWith('#')) {
      // Between two lines of one value too.
    } else if (trimmed.startsWith(' ') || trimmed.startsWith('\t')) {
      if (field !== undefined) paragraph?.set(field, `${paragraph.get(field)}\n${trimmed.slice(1)}`);
    } else {
      const colon = trimmed.indexOf(':');
      field = undefined;
      if (colon <= 0) continue;
      if (paragraph === undefined) {
        paragraph = new Map();
        paragraphs.push(paragraph);
      }
      const name = trimmed.slice(0, colon).trim().toLowerCase();
      if (paragraph.has(name)) continue;
      paragraph.set(name, trimmed.slice(colon + 1).replace(/^[ \t]+/, ''));
      field = name;
    }
  }
  return paragraphs;
}

/** Only ASCII's: in a text that is held as bytes, U+00A0 is a part of a letter. */
const SPACE = ' \t\r\v\f';

/** The words of a value that is a list: separated by white space, over several lines or not. */
export function wordsOf(value: string | undefined): string[] {
  return value?.split(/[ \t\r\n]+/).filter((word) => word !== '') ?? [];
}
