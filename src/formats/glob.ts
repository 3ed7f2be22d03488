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
  /** What a star takes. */
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

/** `[a-z]`, `[!x]`; null where no bracket closes it, and it stands for itself. */
function setAt(
  glob: string,
  at: number,
  pathname: boolean,
): { readonly part: Part; readonly end: number } | null {
  const isNegated = glob[at + 1] === '!' || glob[at + 1] === '^';
  const start = at + (isNegated ? 2 : 1);
  // A bracket that comes first is a member.
  const end = glob.indexOf(']', start + 1);
  if (end < 0) return null;
  const members = glob.slice(start, end);
  if (pathname && members.includes('/')) return null;
  const isMember = membersOf(members);
  return { end, part: (letter) => isMember(letter) !== isNegated && (!pathname || letter !== '/') };
}

function membersOf(members: string): (letter: string) => boolean {
  const ranges: (readonly [first: string, last: string])[] = [];
  for (let at = 0; at < members.length; at++) {
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([members[at]!, members[isRange ? at + 2 : at]!]);
    if (isRange) at += 2;
  }
  return (letter) => ranges.some(([first, last]) => first <= letter && letter <= last);
}
