/**
 * Texts that make a backtracking matcher work: what leads to each repetition of a regular expression, then what it
 * repeats, many times, then something that fits nowhere.
 */
export function attacksOn(source: string, size: number): string[] {
  const letters = lettersOf(source);
  const heads = headsOf(source);
  const attacks = new Set<string>();
  for (const head of heads) {
    for (const pump of letters) {
      for (const tail of TAILS) attacks.add(`${head}${pump.repeat(Math.ceil(size / pump.length))}${tail}`);
    }
  }
  return [...attacks];
}

const TAILS = ['\x01', '\n\x01'];

/** Texts to repeat: a letter of each kind that the expression names, and its literal words. */
function lettersOf(source: string): string[] {
  const literal = source.replace(/\\[dDwWsSbB]|\(\?[:=!<]*(?:\w+>)?/g, ' ');
  const words = literal.replace(/\\(.)/g, '$1').match(/[^()[\]|*+?{}^$\s]{2,}/g) ?? [];
  const signs = [...new Set(source.replace(/\\[dDwWsSbBnrt0]/g, ''))].filter((sign) =>
    /[^A-Za-z0-9]/.test(sign),
  );
  return [...new Set([' ', 'a', '0', '\n', '\0', 'a ', '0.', ...signs, ...words.slice(0, 4)])];
}

/** Texts that match the expression up to each of its repetitions: nothing is left out that may be. */
function headsOf(source: string): string[] {
  const heads = new Set(['']);
  let head = '';
  for (let at = 0; at < source.length; at++) {
    const letter = source[at]!;
    if (letter === '\\') {
      const escaped = source[++at]!;
      if (!isOptional(source, at + 1)) head += CLASSES[escaped] ?? (/[a-zA-Z]/.test(escaped) ? '' : escaped);
    } else if (letter === '[') {
      const end = source.indexOf(']', at + 2);
      const member = source.slice(at + 1, end).startsWith('^') ? 'x' : memberOf(source.slice(at + 1, end));
      at = end;
      if (!isOptional(source, at + 1)) head += member;
    } else if (letter === '|') {
      // Another way begins here, after nothing but what stood before the group.
      heads.add(head);
      head = '';
    } else if (letter === '(') {
      const [skipped = ''] = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(source.slice(at + 1)) ?? [];
      at += skipped.length;
    } else if ('*+{'.includes(letter)) {
      heads.add(head);
      if (letter === '{') at = source.indexOf('}', at);
    } else if (!')?^$'.includes(letter) && !isOptional(source, at + 1)) {
      head += letter === '.' ? 'x' : letter;
    }
  }
  return [...heads].filter((one) => one.length < 60);
}

const CLASSES: Readonly<Record<string, string>> = {
  d: '0',
  w: 'a',
  s: ' ',
  n: '\n',
  t: '\t',
  S: 'x',
  D: 'x',
};

function isOptional(source: string, at: number): boolean {
  return source[at] === '*' || source[at] === '?';
}

function memberOf(members: string): string {
  return members.startsWith('\\') ? (CLASSES[members[1]!] ?? members[1]!) : members[0]!;
}
