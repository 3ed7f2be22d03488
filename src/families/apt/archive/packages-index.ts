import { findMention, type Mention, type Stanza } from './first-mention.ts';
import { createNameTable, type NameTable } from './name-table.ts';

/**
 * A decoded `Packages` file (deb822(5)), read as far as a request needs: opening notes where each
 * stanza and each name is, and a stanza is parsed when it is asked for. Stanzas are numbered from
 * zero in the order of the file.
 */
export interface PackagesIndex {
  /** Stanzas whose `Package:` is this name. */
  readonly named: (name: string) => readonly number[];
  /** Stanzas whose `Provides:` has this entry, written `name` or `name:qualifier`. */
  readonly providing: (entry: string) => readonly number[];
  /** Stanzas with `Essential: yes`. */
  readonly essential: readonly number[];
  /** Stanzas whose field `Task` has this name. */
  readonly ofTask: (task: string) => readonly number[];
  /** Stanzas that may be of the priorities required, important or standard. */
  readonly prioritized: readonly number[];
  readonly stanza: (at: number) => Stanza;
  /** The first mention of a name, of a package or in a relation, as apt meets them; null where there is none. */
  readonly mention: (name: string) => Mention | null;
  /** Every name of a package in the index. */
  readonly names: () => IterableIterator<string>;
}

const NEWLINE = 0x0a;
const TAB = 0x09;
const RETURN = 0x0d;
const SPACE = 0x20;
const COMMA = 0x2c;
const OPEN = 0x28;
const COLON = 0x3a;
const LETTER_I = 0x69;
const LETTER_R = 0x72;
const LETTER_S = 0x73;
const LETTER_Y = 0x79;
const PA = 0x7061;
const PR = 0x7072;
const ES = 0x6573;
const TASK = '\nTask:';

/** Reads an index while its text is still being decoded. */
export interface IndexReader {
  /** The bytes before `end` are there. */
  advance(end: number): void;
  /** All of the text is there. */
  finish(): PackagesIndex;
}

export function openPackagesIndex(text: Buffer): PackagesIndex {
  return createIndexReader(text).finish();
}

/** `text` has its final length, and is filled from its beginning. */
export function createIndexReader(text: Buffer): IndexReader {
  const names = createNameTable(text);
  const starts: number[] = [];
  const provides: number[] = [];
  const essential: number[] = [];
  const prioritized: number[] = [];
  const mentions = new Map<string, Mention | null>();
  /** Where the first line begins that was not read. */
  let next = 0;
  let inStanza = false;
  /** How many of the essential ones were looked for. */
  let sought = 0;
  let providers: NameTable | null = null;

  return {
    advance(end) {
      scan(end);
      // While more is decoded there is time for what every plan asks for. A stanza ends where the next begins.
      for (; sought < essential.length && essential[sought]! < starts.length - 1; sought++) {
        const name = stanza(essential[sought]!).get('package');
        if (name !== undefined) mention(name);
      }
    },
    finish() {
      scan(text.length);
      return {
        named: names.get,
        providing: (entry) => {
          providers ??= indexProvides();
          return providers.get(entry);
        },
        essential,
        ofTask,
        prioritized,
        stanza,
        mention,
        names: names.names,
      };
    },
  };

  function stanza(at: number): Stanza {
    return parseStanza(text.toString('latin1', starts[at], starts[at + 1]));
  }

  function mention(name: string): Mention | null {
    // An empty name is mentioned everywhere, and belongs to nothing.
    if (name === '') return null;
    const known = mentions.get(name);
    if (known !== undefined) return known;
    const found = findMention({ text, stanzaAt, stanza, endOf: (at) => starts[at + 1] ?? -1 }, name);
    mentions.set(name, found);
    return found;
  }

  /** One pass over the lines, looking at the first bytes of each: this is where the time goes. */
  function scan(end: number): void {
    const there = text.subarray(0, end);
    let line = next;
    while (line < end) {
      const newline = there.indexOf(NEWLINE, line);
      // The rest of the line may be yet to come.
      if (newline < 0 && end < text.length) break;
      const first = text[line]!;
      if (first === NEWLINE || (first === RETURN && text[line + 1] === NEWLINE)) {
        inStanza = false;
      } else {
        if (!inStanza) {
          starts.push(line);
          inStanza = true;
        }
        noteField(line, ((first | 0x20) << 8) | (text[line + 1]! | 0x20));
      }
      line = newline < 0 ? end : newline + 1;
    }
    next = line;
  }

  /** `initials`: the first two bytes of the line, in lower case. */
  function noteField(line: number, initials: number): void {
    if (initials === PA && isField(line, 'package')) {
      const start = skipBlanks(line + 8);
      names.add(start, wordEnd(start), starts.length - 1);
    } else if (initials === PR && isField(line, 'provides')) {
      provides.push(starts.length - 1, line + 9);
    } else if (initials === PR && isField(line, 'priority')) {
      const value = text[skipBlanks(line + 9)]! | 0x20;
      if (value === LETTER_R || value === LETTER_I || value === LETTER_S) prioritized.push(starts.length - 1);
    } else if (initials === ES && isField(line, 'essential')) {
      if ((text[skipBlanks(line + 10)]! | 0x20) === LETTER_Y) essential.push(starts.length - 1);
    }
  }

  /** Whether the line is the field of this lower-case name. */
  function isField(line: number, name: string): boolean {
    if (text[line + name.length] !== COLON) return false;
    for (let i = 0; i < name.length; i++) {
      if ((text[line + i]! | 0x20) !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  function skipBlanks(at: number): number {
    let here = at;
    while (text[here] === SPACE || text[here] === TAB) here++;
    return here;
  }

  function wordEnd(start: number): number {
    let end = start;
    while (end < text.length && text[end]! > SPACE && text[end] !== COMMA && text[end] !== OPEN) end++;
    return end;
  }

  function indexProvides(): NameTable {
    const table = createNameTable(text);
    for (let i = 0; i < provides.length; i += 2) addEntries(table, provides[i]!, provides[i + 1]!);
    return table;
  }

  function addEntries(table: NameTable, at: number, start: number): void {
    let atEntry = true;
    for (let here = start; here < text.length; here++) {
      const byte = text[here]!;
      if (byte === COMMA) {
        atEntry = true;
      } else if (byte === NEWLINE) {
        if (text[here + 1] !== SPACE && text[here + 1] !== TAB) return;
      } else if (atEntry && byte > SPACE) {
        const end = wordEnd(here);
        table.add(here, end, at);
        atEntry = false;
        here = end - 1;
      }
    }
  }

  /** Hardly anyone asks: the text is searched anew. */
  function ofTask(task: string): number[] {
    const found: number[] = [];
    for (let at = text.indexOf(TASK); at >= 0; at = text.indexOf(TASK, at + 1)) {
      const owner = stanzaAt(at + 1);
      const names = (stanza(owner).get('task') ?? '').split(',').map((name) => name.trim());
      if (names.includes(task)) found.push(owner);
    }
    return found;
  }

  function stanzaAt(offset: number): number {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The first of a repeated field counts; lines without a field are skipped. */
function parseStanza(text: string): Stanza {
  const fields = new Map<string, string>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (current !== '') fields.set(current, `${fields.get(current)}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    current = fields.has(name) ? '' : name;
    if (current !== '') fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}
