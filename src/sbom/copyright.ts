/** Machine-readable copyright files, DEP 5. */
import { spdxName } from './licence-names.ts';

const FORMAT = /^Format(?:-Specification)?:\s*\S*(?:dep5|copyright-format|DEP-?5)/im;

/**
 * The licences of a package's files as one SPDX expression, or null where the file is for people alone.
 * All paragraphs count; the licences of packaging and tests are among them.
 */
export function licenceOfCopyright(text: string): string | null {
  if (!FORMAT.test(text)) return null;
  const terms = new Set<string>();
  for (const paragraph of text.split(/\n[ \t]*\n/)) {
    if (!/^Files:/im.test(paragraph)) continue;
    const [, name = ''] = /^License:[ \t]*(.*)$/im.exec(paragraph) ?? [];
    // Words with one space between them, as expressionOf expects.
    const words = name.trim().split(/\s+/).join(' ');
    if (words !== '') terms.add(expressionOf(words));
  }
  if (terms.size === 0) return null;
  const sorted = [...terms].sort();
  return sorted.length === 1 ? sorted[0]! : sorted.map(grouped).join(' AND ');
}

/** `A or B, and C`: a comma parts more than `or`, and that more than `and`. */
function expressionOf(text: string): string {
  const alternatives = (part: string) => joined(part.split(/ (?:and\/)?or /i).map(conjunction), 'OR');
  const parts = text.split(/ ?, ?(?:and )?(?!or )/i).filter((part) => part !== '');
  return joined(parts.map(alternatives), 'AND');
}

function conjunction(text: string): string {
  return joined(
    text.split(/ and /i).map((name) => spdxName(name.replace(/^or /i, '').trim())),
    'AND',
  );
}

function joined(terms: readonly string[], operator: 'AND' | 'OR'): string {
  const distinct = [...new Set(terms)];
  return distinct.length === 1 ? distinct[0]! : distinct.map(grouped).join(` ${operator} `);
}

function grouped(term: string): string {
  return / (AND|OR) /.test(term) ? `(${term})` : term;
}
