import { MkbaseError, quoted } from '../../errors.ts';
import { splitWords } from './words.ts';

/** A line of a Dockerfile. */
export interface Instruction {
  /** In upper case. */
  readonly name: string;
  /** The text after the name, without white space around it. */
  readonly rest: string;
  /** The line as it was given, for messages. */
  readonly line: string;
}

/** The instructions of a text: comments and empty lines left out, lines that end in a backslash joined. */
export function readInstructions(text: string): Instruction[] {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [, name = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
    return { name: name.toUpperCase(), rest, line };
  });
}

/** A JSON array of strings, or null where the text is none and so is meant for a shell. */
export function jsonForm({ rest, line }: Instruction): string[] | null {
  if (!rest.startsWith('[')) return null;
  const end = rest.lastIndexOf(']');
  const value = parsed(rest) ?? (end === -1 ? null : parsed(rest.slice(0, end + 1)));
  if (!Array.isArray(value)) return null;
  if (!value.every((item) => typeof item === 'string')) {
    throw badChange(line, 'an array may hold only strings', 'write every item in double quotes');
  }
  return value;
}

/** The pairs of ENV and LABEL: `NAME=VALUE …`, or the older `NAME the rest`; still quoted. */
export function pairsOf({ name, rest, line }: Instruction): [string, string][] {
  const words = splitWords(rest);
  const [first = ''] = words;
  if (!first.includes('=')) {
    const value = rest.slice(first.length).trim();
    if (value === '') throw badChange(line, 'it needs a name and a value', `write \`${name} NAME=VALUE\``);
    return [[first, value]];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at === -1) throw badChange(line, `${quoted(word)} has no \`=\``, `write \`${name} NAME=VALUE\``);
    if (at === 0) throw badChange(line, 'a name is empty', `write \`${name} NAME=VALUE\``);
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

export function badChange(line: string, reason: string, hint: string): MkbaseError {
  return new MkbaseError('usage/bad-change', `cannot make the change ${quoted(line)}: ${reason}`, { hint });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
