/**
 * How a dependency compares versions, apk-world(5). `><` does not compare versions: it names a package by its
 * identity. Other spellings (`=~`, `=>`) are converted to these.
 */
export type Operator = '=' | '<' | '<=' | '>' | '>=' | '~' | '<~' | '>~' | '><';

/**
 * Orders two apk versions, apk-package(5): negative when `a` is older than `b`, zero when they are equal
 * (`1.0-r00` and `1.0-r0` are), positive otherwise. Never throws: where both are malformed at the same
 * place they are equal, and where one is, that one is older.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  return compare(readToken(a, null), readToken(b, null), false);
}

/** Whether `version` stands in the relation `operator` to `wanted`; `><` compares no versions. */
export function matchesVersion(version: string, operator: Exclude<Operator, '><'>, wanted: string): boolean {
  const order = compare(readToken(version, null), readToken(wanted, null), operator.includes('~'));
  switch (operator) {
    case '=':
    case '~':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
    case '<~':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
    case '>~':
      return order >= 0;
  }
}

/** Whether the text is a version: `digits(.digits)*[letter](_suffix[digits])*[~hash][-rdigits]`. */
export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** `6.8.0p2`: apk 2 let a number follow the letter, and packages of its time have such versions. */
const VERSION =
  /^\d+(\.\d+|[a-z]\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(~[0-9a-f]+)?(-r\d+)?$/;

/**
 * The parts in the order that decides where one version goes on and the other has something else: the
 * earlier part is the newer version (`1.0.1` > `1.0a` > `1.0_p1` > `1.0-r1` > `1.0`).
 */
const Kind = {
  first: 0,
  digits: 1,
  letter: 2,
  suffix: 3,
  suffixNumber: 4,
  hash: 5,
  revision: 6,
  end: 7,
  malformed: 8,
} as const;

interface Token {
  readonly kind: (typeof Kind)[keyof typeof Kind];
  readonly text: string;
  readonly source: string;
  /** Where the next token begins. */
  readonly end: number;
}

const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const RELEASE = SUFFIXES.indexOf('');

/** `fuzzy`: `b` matches all versions that it is a prefix of. */
function compare(first: Token, second: Token, fuzzy: boolean): number {
  let [a, b] = [first, second];
  while (a.kind === b.kind && a.kind < Kind.end) {
    const order = compareTokens(a, b);
    if (order !== 0) return order;
    a = readToken(a.source, a);
    b = readToken(b.source, b);
  }
  if (a.kind === b.kind || (fuzzy && b.kind === Kind.end)) return 0;
  if (isBeforeRelease(a)) return -1;
  if (isBeforeRelease(b)) return 1;
  return b.kind - a.kind;
}

function isBeforeRelease({ kind, text }: Token): boolean {
  return kind === Kind.suffix && SUFFIXES.indexOf(text) < RELEASE;
}

function compareTokens(a: Token, b: Token): number {
  switch (a.kind) {
    case Kind.suffix:
      return SUFFIXES.indexOf(a.text) - SUFFIXES.indexOf(b.text);
    case Kind.letter:
    case Kind.hash:
      return compareTexts(a.text, b.text);
    case Kind.digits:
      // A leading zero makes a fraction of it: 1.09 > 1.010, as in Gentoo.
      if (a.text.startsWith('0') || b.text.startsWith('0')) return compareTexts(a.text, b.text);
      return compareNumbers(a.text, b.text);
    default:
      return compareNumbers(a.text, b.text);
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As text, since a run of digits may be longer than a number holds. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || compareTexts(left, right);
}

const DIGITS = /\d+/y;
const PART = /(\.?\d+)|([a-z])|_([a-z]+)|~([0-9a-f]+)|-r(\d+)/y;

function readToken(source: string, before: Token | null): Token {
  const malformed = { kind: Kind.malformed, text: '', source, end: source.length };
  if (before === null) {
    DIGITS.lastIndex = 0;
    const digits = DIGITS.exec(source)?.[0];
    return digits === undefined ? malformed : { kind: Kind.first, text: digits, source, end: digits.length };
  }
  if (before.end === source.length) return { kind: Kind.end, text: '', source, end: before.end };
  PART.lastIndex = before.end;
  const part = PART.exec(source);
  if (part === null) return malformed;
  const end = PART.lastIndex;
  const [, digits, letter, suffix, hash, revision] = part;
  if (digits !== undefined) {
    const isDotted = digits.startsWith('.');
    const kind = isDotted ? afterDot(before) : afterNothing(before);
    return kind === null ? malformed : { kind, text: digits.slice(isDotted ? 1 : 0), source, end };
  }
  if (letter !== undefined) {
    return before.kind > Kind.digits ? malformed : { kind: Kind.letter, text: letter, source, end };
  }
  if (suffix !== undefined) {
    if (before.kind > Kind.suffixNumber || !SUFFIXES.includes(suffix)) return malformed;
    return { kind: Kind.suffix, text: suffix, source, end };
  }
  if (hash !== undefined) {
    return before.kind >= Kind.hash ? malformed : { kind: Kind.hash, text: hash, source, end };
  }
  return before.kind >= Kind.revision ? malformed : { kind: Kind.revision, text: revision!, source, end };
}

function afterDot({ kind }: Token): Token['kind'] | null {
  return kind <= Kind.digits ? Kind.digits : null;
}

function afterNothing({ kind }: Token): Token['kind'] | null {
  if (kind === Kind.letter) return Kind.digits;
  return kind === Kind.suffix ? Kind.suffixNumber : null;
}
