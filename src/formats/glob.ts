/** A shell glob, fnmatch(3), over binary strings. */
export interface Glob {
  readonly test: (text: string) => boolean;
}

export interface GlobOptions {
  /** Whether nothing but a slash matches a slash (FNM_PATHNAME). Default no. */
  readonly pathname?: boolean;
}

/** One character, or any number of them: `*`. */
type Part = ((letter: string) => boolean) | typeof MANY;

const MANY = '*';

/**
 * Compiles a glob of `*`, `?`, `[…]` and `\`. Unlike a regular expression it takes no longer than the product of
 * the two lengths, however many stars there are: of these only the last one passed is ever tried again.
 */
export function compileGlob(glob: string, { pathname = false }: GlobOptions = {}): Glob {
  const start = glob.search(/[*?[\\]|$/);
  const [prefix, parts] = [glob.slice(0, start), partsOf(glob.slice(start), pathname)];
  const many = (letter: string) => !pathname || letter !== '/';
  return { test: (text) => text.startsWith(prefix) && matches(text, start, { parts, many }) };
}

interface Rest {
  readonly parts: readonly Part[];
  /** Whether a star matches this character. */
  readonly many: (letter: string) => boolean;
}

function matches(text: string, start: number, { parts, many }: Rest): boolean {
  let [at, part] = [start, 0];
  /** Behind the last star, and where the text goes on that it has not taken. */
  let [afterStar, taken] = [-1, 0];
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted === MANY) {
      afterStar = ++part;
      taken = at;
    } else if (wanted?.(text[at]!)) {
      at++;
      part++;
    } else if (afterStar >= 0 && many(text[taken]!)) {
      at = ++taken;
      part = afterStar;
    } else {
      return false;
    }
  }
  while (parts[part] === MANY) part++;
  return part === parts.length;
}

function partsOf(glob: string, pathname: boolean): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at]!;
    const set = letter === '[' ? setAt(glob, at, pathname) : null;
    if (letter === '*') {
      if (parts.at(-1) !== MANY) parts.push(MANY);
    } else if (letter === '?') {
      parts.push((found) => !pathname || found !== '/');
    } else if (set !== null) {
      parts.push(set.part);
      at = set.end;
    } else {
      const literal = letter === '\\' && at + 1 < glob.length ? glob[++at]! : letter;
      parts.push((found) => found === literal);
    }
  }
  return parts;
}

/** `[a-z]`, `[!x]`; null where no bracket closes it: then `[` is literal. */
function setAt(
  glob: string,
  at: number,
  pathname: boolean,
): { readonly part: Part; readonly end: number } | null {
  const isNegated = glob[at + 1] === '!' || glob[at + 1] === '^';
  const start = at + (isNegated ? 2 : 1);
  const end = endOfSet(glob, start);
  if (end < 0) return null;
  const members = glob.slice(start, end);
  if (pathname && members.includes('/')) return null;
  const isMember = membersOf(members);
  return { end, part: (letter) => isMember(letter) !== isNegated && (!pathname || letter !== '/') };
}

/** `[:digit:]`, or one letter, which a backslash may escape. */
const MEMBER = /\[:([a-z]+):\]|\\?([\s\S])/y;

/** Where the bracket is that closes the set; a bracket that comes first, is escaped or ends a class is none. */
function endOfSet(glob: string, start: number): number {
  for (let at = start; at < glob.length; ) {
    if (glob[at] === ']' && at > start) return at;
    MEMBER.lastIndex = at;
    at += MEMBER.exec(glob)![0].length;
  }
  return -1;
}

/** POSIX's classes, in the C locale. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  ...{ alpha: /[A-Za-z]/, digit: /\d/, alnum: /[A-Za-z\d]/, upper: /[A-Z]/, lower: /[a-z]/ },
  ...{ space: /[ \t-\r]/, blank: /[ \t]/, punct: /[!-/:-@[-`{-~]/, print: /[ -~]/, graph: /[!-~]/ },
  ...{ cntrl: /[\0-\x1f\x7f]/, xdigit: /[\dA-Fa-f]/ },
};

function membersOf(members: string): (letter: string) => boolean {
  const classes: RegExp[] = [];
  const ranges: (readonly [first: string, last: string])[] = [];
  let at = 0;
  const next = () => {
    MEMBER.lastIndex = at;
    const [whole, name, letter] = MEMBER.exec(members)!;
    at += whole.length;
    return { known: name === undefined ? undefined : CLASSES[name], letter: letter ?? '' };
  };
  while (at < members.length) {
    const { known, letter } = next();
    if (known !== undefined) {
      classes.push(known);
      continue;
    }
    const isRange = members[at] === '-' && at + 1 < members.length;
    if (isRange) at++;
    ranges.push([letter, isRange ? next().letter : letter]);
  }
  return (letter) =>
    ranges.some(([first, last]) => first <= letter && letter <= last) ||
    classes.some((one) => one.test(letter));
}
