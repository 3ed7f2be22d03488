/** The fields of one stanza by lower-case name; a folded value keeps its newlines. */
export type Stanza = ReadonlyMap<string, string>;

/** Where an index first mentions a name. */
export interface Mention {
  readonly stanza: number;
  /** Position among the names of the stanza. */
  readonly rank: number;
}

/** apt reads a stanza's fields in this order, and numbers each name when it first meets it. */
const FIELDS: readonly string[] = [
  'package',
  'pre-depends',
  'depends',
  'conflicts',
  'breaks',
  'recommends',
  'suggests',
  'replaces',
  'enhances',
  'provides',
];

export interface MentionSearch {
  readonly text: Buffer;
  readonly stanzaAt: (offset: number) => number;
  readonly stanza: (at: number) => Stanza;
  /** Where the stanza of this number ends; -1 where that is not known yet. */
  readonly endOf: (at: number) => number;
}

/** The first mention of a name in the text of an index; null where there is none. */
export function findMention({ text, stanzaAt, stanza, endOf }: MentionSearch, name: string): Mention | null {
  const find = (from: number) => text.indexOf(name, from, 'latin1');
  let from = 0;
  for (let at = find(0); at >= 0; at = find(from)) {
    from = at + 1;
    if (!isWord(text, at, name.length)) continue;
    const number = stanzaAt(at);
    const rank = rankIn(stanza(number), name);
    if (rank >= 0) return { stanza: number, rank };
    // Each stanza is looked at once, however often its description has the word.
    from = Math.max(from, endOf(number));
  }
  return null;
}

/** Spares parsing a stanza for each hit inside a longer word, a path or an address. */
function isWord(text: Buffer, at: number, length: number): boolean {
  const before = text[at - 1];
  const after = text[at + length];
  const starts = before === 0x20 || before === 0x09 || before === 0x2c || before === 0x7c || before === 0x3a;
  const ends = after === undefined || after <= 0x20 || after === 0x2c || after === 0x7c || after === 0x28;
  return starts && ends;
}

/** Position of a name among all that the stanza mentions; -1 where it does not. */
function rankIn(stanza: Stanza, name: string): number {
  let rank = 0;
  for (const field of FIELDS) {
    for (const entry of stanza.get(field)?.split(/[,|]/) ?? []) {
      const mentioned = /^\s*([^\s(]+)/.exec(entry)?.[1];
      if (mentioned === name) return rank;
      rank++;
    }
  }
  return -1;
}
