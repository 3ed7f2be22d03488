import type { PackagesIndex, Stanza } from './packages-index.ts';

/** Where an index first mentions a name. */
interface Mention {
  readonly source: number;
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

/**
 * Orders names as apt numbers them: by the first mention anywhere in the indexes, in sources order.
 * apt breaks the last tie between providers by that number. Only such a tie is worth a search
 * through the text, so nothing is numbered before it is asked for.
 */
export function createMentionOrder(indexes: readonly PackagesIndex[]): (a: string, b: string) => number {
  const mentions = new Map<string, Mention>();

  return (a, b) => {
    if (a === b) return 0;
    const left = mentionOf(a);
    const right = mentionOf(b);
    return left.source - right.source || left.stanza - right.stanza || left.rank - right.rank;
  };

  function mentionOf(name: string): Mention {
    const known = mentions.get(name);
    if (known !== undefined) return known;
    const found = search(name);
    mentions.set(name, found);
    return found;
  }

  function search(name: string): Mention {
    for (const [source, index] of indexes.entries()) {
      for (let at = find(index, name, 0); at >= 0; ) {
        if (isWord(index.text, at, name.length)) {
          const stanza = index.stanzaAt(at);
          const rank = rankIn(index.stanza(stanza), name);
          if (rank >= 0) return { source, stanza, rank };
        }
        at = find(index, name, at + 1);
      }
    }
    return { source: indexes.length, stanza: 0, rank: 0 };
  }
}

function find(index: PackagesIndex, name: string, from: number): number {
  return index.text.indexOf(name, from, 'latin1');
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
