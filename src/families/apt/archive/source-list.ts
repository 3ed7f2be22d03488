import { MkbaseError } from '../../../errors.ts';
import { shownUrl } from '../../../fetch/address.ts';
import { parseDeb822, wordsOf } from '../../../formats/deb822.ts';

/** One suite at one address: an entry of apt's sources, sources.list(5). */
export interface SourceEntry {
  readonly uri: string;
  /** A path that ends in a slash is a flat repository's. */
  readonly suite: string;
  readonly components: readonly string[];
  /** By the names that stanzas have, in lower case: `trusted`, `signed-by`, `architectures`. */
  readonly options: ReadonlyMap<string, string>;
}

export type SourceStyle = 'one-line' | 'deb822';

/** One-line names that differ from the stanzas'. */
const STANZA_NAMES: Readonly<Record<string, string>> = { arch: 'architectures' };

/** Empty for a comment or `deb-src`, which has no binary packages; null where it cannot be read. */
function parseLine(line: string): SourceEntry[] | null {
  if (/^\s*(#|$|deb-src\s)/.test(line)) return [];
  const [, options, entry] = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?([^#]*)/.exec(line) ?? [];
  const [uri, suite, ...components] = wordsOf(entry);
  if (uri === undefined || suite === undefined) return null;
  const pairs = wordsOf(options).map((option) => {
    const [name = '', value = ''] = option.split(/[+-]?=(.*)/s);
    const plain = name.toLowerCase();
    // mmdebstrap itself writes the quotes.
    return [STANZA_NAMES[plain] ?? plain, value.replace(/^"(.*)"$/, '$1')] as const;
  });
  return [{ uri, suite, components, options: new Map(pairs) }];
}

/** The entries of the one-line style, `deb [option=value …] uri suite component…`; others are left out. */
export function parseLines(text: string): SourceEntry[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/** The entries of the deb822 style that are of binary packages and not disabled. */
export function parseStanzas(text: string): SourceEntry[] {
  return parseDeb822(text).flatMap((stanza) => {
    const isOff = isNo(stanza.get('enabled'));
    if (isOff || !wordsOf(stanza.get('types')).includes('deb')) return [];
    const components = wordsOf(stanza.get('components'));
    const suites = wordsOf(stanza.get('suites'));
    return wordsOf(stanza.get('uris')).flatMap((uri) =>
      suites.map((suite) => ({ uri, suite, components, options: stanza })),
    );
  });
}

/** apt's StringToBool. */
export function isYes(value: string | undefined): boolean {
  return /^(yes|true|1|on|with|enable)$/i.test(value ?? '');
}

export function isNo(value: string | undefined): boolean {
  return /^(no|false|0|off|without|disable)$/i.test(value ?? '');
}

/** As its file's name says, else as its first line looks; null where it is neither. */
export function styleOf(text: string, file: string | null): SourceStyle | null {
  if (file?.endsWith('.list')) return 'one-line';
  if (file?.endsWith('.sources')) return 'deb822';
  const first = text.split('\n').find((line) => !/^\s*(#|$)/.test(line));
  if (first === undefined) return 'one-line';
  if (/^\s*deb(-src)?\s/.test(first)) return 'one-line';
  return /^[^:\s]+:/.test(first) ? 'deb822' : null;
}

/**
 * The entries of a text that the user gave, `what` in messages: nothing in it may be unclear, as what
 * is left out in silence is missed in the image.
 *
 * @throws MkbaseError `usage/bad-source`
 */
export function readSourceList(text: string, style: SourceStyle, what: string): SourceEntry[] {
  const entries = style === 'one-line' ? strictLines(text, what) : strictStanzas(text, what);
  for (const entry of entries) checkEntry(entry, what);
  return entries;
}

function strictLines(text: string, what: string): SourceEntry[] {
  return text.split('\n').flatMap((line, index) => {
    const entries = parseLine(line);
    if (entries === null) throw badSource(what, `line ${index + 1} is not an entry`, LINE_FORM);
    return entries;
  });
}

function strictStanzas(text: string, what: string): SourceEntry[] {
  for (const [index, stanza] of parseDeb822(text).entries()) {
    for (const field of ['types', 'uris', 'suites']) {
      if (wordsOf(stanza.get(field)).length > 0) continue;
      const name = field === 'uris' ? 'URIs' : field[0]!.toUpperCase() + field.slice(1);
      throw badSource(what, `stanza ${index + 1} has no \`${name}\``, STANZA_FORM);
    }
  }
  return parseStanzas(text);
}

function checkEntry({ uri, suite, components }: SourceEntry, what: string): void {
  const shown = shownUrl(uri);
  if (!/^(https?:\/\/[^/]|(?:file|copy):\/)/.test(uri)) {
    throw badSource(
      what,
      `\`${shown}\` is not the address of a mirror`,
      'give one with http, https, file or copy',
    );
  }
  if (suite.endsWith('/') === components.length > 0) {
    const problem = components.length > 0 ? 'has components' : 'has no component';
    throw badSource(
      what,
      `\`${suite}\` of \`${shown}\` ${problem}`,
      'a suite is followed by its components; the path of a flat repository ends in a slash, and has none',
    );
  }
}

const LINE_FORM = 'a line is `deb [option=value…] URI SUITE COMPONENT…`, sources.list(5)';
const STANZA_FORM = 'a stanza has `Types`, `URIs`, `Suites` and `Components`, sources.list(5)';

function badSource(what: string, reason: string, hint: string): MkbaseError {
  return new MkbaseError('usage/bad-source', `cannot read ${what}: ${reason}`, { hint });
}
