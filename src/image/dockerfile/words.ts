/**
 * Words of a Dockerfile: quotes, backslashes and variables as BuildKit's shell lexer reads them
 * ("Environment replacement" in the Dockerfile reference), which is less than a shell does.
 */
import { MkbaseError, quoted } from '../../errors.ts';

export type Environment = ReadonlyMap<string, string>;

/** One word: variables replaced, quotes and backslashes taken away. An unset variable is empty. */
export function expandWord(text: string, env: Environment): string {
  const reader = { text, at: 0 };
  return expanded(reader, env, null).join('');
}

/** As {@link expandWord}, and split at white space that no quotes protect; a variable's own space splits, too. */
export function expandWords(text: string, env: Environment): string[] {
  return splitWords(text).flatMap((word) =>
    /["'\\]/.test(word) ? [expandWord(word, env)] : expandWord(word, env).split(/\s+/).filter(Boolean),
  );
}

/** Split at white space outside of quotes; quotes and backslashes stay. */
export function splitWords(text: string): string[] {
  return text.match(/(?:"(?:\\[\s\S]|[^"\\])*"?|'[^']*'?|\\[\s\S]|[^\s"'\\]|\\$)+/g) ?? [];
}

interface Reader {
  readonly text: string;
  at: number;
}

/** Up to `stop`, which is taken but not given, or to the end. */
function expanded(reader: Reader, env: Environment, stop: string | null): string[] {
  const pieces: string[] = [];
  while (reader.at < reader.text.length) {
    const letter = reader.text[reader.at++]!;
    if (letter === stop) return pieces;
    if (letter === "'") pieces.push(singleQuoted(reader));
    else if (letter === '"') pieces.push(...doubleQuoted(reader, env));
    else if (letter === '$') pieces.push(variable(reader, env));
    else if (letter === '\\') pieces.push(reader.text[reader.at++] ?? '');
    else pieces.push(letter);
  }
  if (stop !== null) throw unfinished(reader, 'a closing brace');
  return pieces;
}

function singleQuoted(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at);
  if (end === -1) throw unfinished(reader, 'a single quote');
  const inside = reader.text.slice(reader.at, end);
  reader.at = end + 1;
  return inside;
}

function doubleQuoted(reader: Reader, env: Environment): string[] {
  const pieces: string[] = [];
  while (reader.at < reader.text.length) {
    const letter = reader.text[reader.at++]!;
    if (letter === '"') return pieces;
    if (letter === '$') pieces.push(variable(reader, env));
    else if (letter === '\\') {
      const next = reader.text[reader.at++] ?? '';
      pieces.push('"$\\'.includes(next) ? next : `\\${next}`);
    } else pieces.push(letter);
  }
  throw unfinished(reader, 'a double quote');
}

/** The variable after `$`: a name, or one in braces with `:-word`, `:+word` or `:?word`. */
function variable(reader: Reader, env: Environment): string {
  const braced = reader.text[reader.at] === '{';
  if (braced) reader.at++;
  const name = /^(?:[A-Za-z_]\w*|\d+|[@*#?!$-])?/.exec(reader.text.slice(reader.at))![0];
  reader.at += name.length;
  const value = env.get(name) ?? '';
  if (!braced) return name === '' ? '$' : value;

  const next = reader.text[reader.at++];
  if (name !== '' && next === '}') return value;
  const modifier = reader.text[reader.at++] ?? '';
  if (name === '' || next !== ':' || !'-+?'.includes(modifier) || modifier === '') {
    throw new MkbaseError('usage/bad-change', `${quoted(reader.text)} has a substitution of no known form`, {
      hint: 'the forms are `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:+word}` and `${NAME:?word}`',
    });
  }
  const word = expanded(reader, env, '}').join('');
  if (modifier === '?' && value === '') {
    throw new MkbaseError('usage/bad-change', `in ${quoted(reader.text)}, \`${name}\` is not set: ${word}`, {
      hint: `set it before with \`ENV ${name}=VALUE\``,
    });
  }
  if (modifier === '+') return value === '' ? '' : word;
  return value === '' ? word : value;
}

function unfinished({ text }: Reader, what: string): MkbaseError {
  return new MkbaseError('usage/bad-change', `${quoted(text)} ends before ${what}`, {
    hint: 'close it, or write a backslash before a literal character',
  });
}
