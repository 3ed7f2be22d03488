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

export function openPackagesIndex(text: Buffer): PackagesIndex {
  return new IndexReader(text).finish();
}

/** Reads an index while its text is still being decoded. */
export class IndexReader {
  readonly #text: Buffer;
  readonly #names: NameTable;
  readonly #starts: number[] = [];
  readonly #provides: number[] = [];
  readonly #essential: number[] = [];
  readonly #prioritized: number[] = [];
  readonly #mentions = new Map<string, Mention | null>();
  /** Where the first line begins that was not read. */
  #next = 0;
  #inStanza = false;
  /** How many of the essential ones were looked for. */
  #sought = 0;
  #providers: NameTable | null = null;

  /** @param text of its final length; it is filled from its beginning */
  constructor(text: Buffer) {
    this.#text = text;
    this.#names = createNameTable(text);
  }

  /** Reads on: the bytes before `end` are there. */
  advance(end: number): void {
    this.#scan(end);
    // While more is decoded there is time for what every plan asks for. A stanza ends where the next begins.
    const whole = this.#starts.length - 1;
    for (; this.#sought < this.#essential.length; this.#sought++) {
      const at = this.#essential[this.#sought]!;
      if (at >= whole) return;
      const name = this.#stanza(at).get('package');
      if (name !== undefined) this.#mention(name);
    }
  }

  /** Reads to the end: all of the text is there. */
  finish(): PackagesIndex {
    this.#scan(this.#text.length);
    return {
      named: this.#names.get,
      providing: (entry) => {
        this.#providers ??= this.#indexProvides();
        return this.#providers.get(entry);
      },
      essential: this.#essential,
      ofTask: (task) => this.#ofTask(task),
      prioritized: this.#prioritized,
      stanza: (at) => this.#stanza(at),
      mention: (name) => this.#mention(name),
      names: this.#names.names,
    };
  }

  #stanza(at: number): Stanza {
    return parseStanza(this.#text.toString('latin1', this.#starts[at], this.#starts[at + 1]));
  }

  #mention(name: string): Mention | null {
    // An empty name is mentioned everywhere, and belongs to nothing.
    if (name === '') return null;
    const known = this.#mentions.get(name);
    if (known !== undefined) return known;
    const found = findMention(
      {
        text: this.#text,
        stanzaAt: (offset) => this.#stanzaAt(offset),
        stanza: (number) => this.#stanza(number),
        endOf: (number) => this.#starts[number + 1] ?? -1,
      },
      name,
    );
    this.#mentions.set(name, found);
    return found;
  }

  /** One pass over the lines, looking at the first bytes of each: this is where the time goes. */
  #scan(end: number): void {
    const text = this.#text;
    const there = text.subarray(0, end);
    let line = this.#next;
    while (line < end) {
      const newline = there.indexOf(NEWLINE, line);
      // The rest of the line may be yet to come.
      if (newline < 0 && end < text.length) break;
      const first = text[line]!;
      if (first === NEWLINE || (first === RETURN && text[line + 1] === NEWLINE)) {
        this.#inStanza = false;
      } else {
        if (!this.#inStanza) {
          this.#starts.push(line);
          this.#inStanza = true;
        }
        this.#noteField(line, ((first | 0x20) << 8) | (text[line + 1]! | 0x20));
      }
      line = newline < 0 ? end : newline + 1;
    }
    this.#next = line;
  }

  /** `initials`: the first two bytes of the line, in lower case. */
  #noteField(line: number, initials: number): void {
    const text = this.#text;
    const at = this.#starts.length - 1;
    if (initials === PA && isField(text, line, 'package')) {
      const start = skipBlanks(text, line + 8);
      this.#names.add(start, wordEnd(text, start), at);
    } else if (initials === PR && isField(text, line, 'provides')) {
      this.#provides.push(at, line + 9);
    } else if (initials === PR && isField(text, line, 'priority')) {
      const value = text[skipBlanks(text, line + 9)]! | 0x20;
      if (value === LETTER_R || value === LETTER_I || value === LETTER_S) this.#prioritized.push(at);
    } else if (initials === ES && isField(text, line, 'essential')) {
      if ((text[skipBlanks(text, line + 10)]! | 0x20) === LETTER_Y) this.#essential.push(at);
    }
  }

  #indexProvides(): NameTable {
    const table = createNameTable(this.#text);
    for (let i = 0; i < this.#provides.length; i += 2)
      this.#addEntries(table, this.#provides[i]!, this.#provides[i + 1]!);
    return table;
  }

  #addEntries(table: NameTable, at: number, start: number): void {
    const text = this.#text;
    let atEntry = true;
    for (let here = start; here < text.length; here++) {
      const byte = text[here]!;
      if (byte === COMMA) {
        atEntry = true;
      } else if (byte === NEWLINE) {
        if (text[here + 1] !== SPACE && text[here + 1] !== TAB) return;
      } else if (atEntry && byte > SPACE) {
        const end = wordEnd(text, here);
        table.add(here, end, at);
        atEntry = false;
        here = end - 1;
      }
    }
  }

  /** Hardly anyone asks: the text is searched anew. */
  #ofTask(task: string): number[] {
    const found: number[] = [];
    for (let at = this.#text.indexOf(TASK); at >= 0; at = this.#text.indexOf(TASK, at + 1)) {
      const owner = this.#stanzaAt(at + 1);
      const tasks = (this.#stanza(owner).get('task') ?? '').split(',').map((name) => name.trim());
      if (tasks.includes(task)) found.push(owner);
    }
    return found;
  }

  #stanzaAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Whether the line is the field of this lower-case name. */
function isField(text: Buffer, line: number, name: string): boolean {
  if (text[line + name.length] !== COLON) return false;
  for (let i = 0; i < name.length; i++) {
    if ((text[line + i]! | 0x20) !== name.charCodeAt(i)) return false;
  }
  return true;
}

function skipBlanks(text: Buffer, at: number): number {
  let here = at;
  while (text[here] === SPACE || text[here] === TAB) here++;
  return here;
}

function wordEnd(text: Buffer, start: number): number {
  let end = start;
  while (end < text.length && text[end]! > SPACE && text[end] !== COMMA && text[end] !== OPEN) end++;
  return end;
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
