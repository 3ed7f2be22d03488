import parser from 'yargs-parser';
import { MkbaseError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { BUILD, type Command, commandOf } from './commands.ts';
import type { Option } from './options/option.ts';
import { type Flags, OPTIONS } from './options.ts';

export interface Arguments {
  readonly command: Command;
  /** Arguments that are neither options nor the command's name. */
  readonly operands: readonly string[];
  readonly flags: Flags;
  /** Path rules in the order given: of all that match a path, the last wins. */
  readonly pathRules: readonly PathRuleSource[];
}

/** `path-exclude=GLOB` or `path-include=GLOB`, a file of such rules, or the rules of the slim images. */
export type PathRuleSource =
  | { readonly kind: 'rule'; readonly rule: string }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'slim' };

/** The arguments after the program's name, in the shape of the table; values of options are not checked here. */
export function parseArguments(argv: readonly string[]): Arguments {
  const options: readonly Option[] = OPTIONS;
  const { _: positionals, ...given } = parsed(argv, options);
  for (const name of Object.keys(given)) {
    if (!options.some((option) => option.name === name)) throw unknownOption(name, options);
  }
  const operands = positionals.map(String);
  const command = commandOf(operands);
  if (command !== BUILD) operands.shift();
  checkTaken(command, Object.keys(given));
  const flags = Object.fromEntries(
    options.map((option) => [option.name, shaped(option, given[option.name])]),
  );
  return { command, operands, flags: flags as Flags, pathRules: pathRulesOf(argv) };
}

/** Standard output carries a tar, a plan, names or a list, and not the events. */
export function hasData({ command, operands, flags }: Arguments): boolean {
  return (
    !['build', 'host', 'scratch', 'import', 'copy', 'push'].includes(command.name) ||
    flags.simulate ||
    flags['print-debs'] ||
    flags['print-request'] ||
    (command === BUILD && operands[1] === '-') ||
    (command.name === 'host' && operands[0] === '-')
  );
}

/** Values by canonical name: true, a text, or all texts of an option given several times. */
function parsed(argv: readonly string[], options: readonly Option[]) {
  const { argv: given, error } = parser.detailed([...argv], {
    string: options.filter(({ kind }) => kind !== 'flag').map(({ name }) => name),
    boolean: options.filter(({ kind }) => kind === 'flag').map(({ name }) => name),
    // An exact count makes the parser refuse `--json=x` and a missing value, and take `-` for a value.
    narg: Object.fromEntries(options.map(({ name, kind }) => [name, kind === 'flag' ? 0 : 1])),
    alias: Object.fromEntries(
      options.map(({ name, short, also = [] }) => [name, short === undefined ? [...also] : [short, ...also]]),
    ),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    },
  });
  if (error !== null) throw countError(error.message);
  return given;
}

/** The parser says "Argument unexpected for: json" or "Not enough arguments following: arch". */
function countError(message: string): MkbaseError {
  const option = dashed(message.slice(message.lastIndexOf(' ') + 1));
  if (message.startsWith('Argument unexpected')) {
    return new MkbaseError('usage/bad-value', `option \`${option}\` takes no value`, {
      hint: `write \`${option}\` alone`,
    });
  }
  return missingValue(option);
}

function missingValue(option: string): MkbaseError {
  return new MkbaseError('usage/missing-value', `option \`${option}\` needs a value`, {
    hint: `write \`${option} VALUE\`${option.startsWith('--') ? ` or \`${option}=VALUE\`` : ''}`,
  });
}

function unknownOption(name: string, options: readonly Option[]): MkbaseError {
  const names = options
    .filter(({ weakens = false }) => !weakens)
    .flatMap((option) => [option.name, ...(option.also ?? [])]);
  return new MkbaseError('usage/unknown-option', `there is no option \`${dashed(name)}\``, {
    hint: didYouMean(dashed(name), names.map(dashed)) ?? 'see `mkbase --help` for all options',
  });
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function checkTaken(command: Command, given: readonly string[]): void {
  const taken: readonly string[] = command.options;
  for (const name of given) {
    if (taken.includes(name) || name === 'help') continue;
    throw new MkbaseError(
      'usage/unknown-option',
      `\`mkbase ${command.name}\` takes no option \`--${name}\``,
      {
        hint:
          taken.length === 0
            ? 'it takes none'
            : `it takes ${taken.map((known) => `\`--${known}\``).join(', ')}`,
      },
    );
  }
}

function shaped(option: Option, given: unknown): Flags[keyof Flags] {
  if (option.kind === 'flag') return given !== undefined;
  const texts = given === undefined ? [] : [given].flat().map(String);
  for (const text of texts) {
    if (text === '') throw missingValue(dashed(option.name));
  }
  switch (option.kind) {
    case 'value':
      return texts.at(-1) ?? null;
    case 'files':
      return texts;
    case 'words':
      return [...new Set(texts.flatMap(wordsIn).filter((word) => word !== ''))];
  }
}

/** A path is one word, whatever is in it, as with mmdebstrap. */
function wordsIn(text: string): string[] {
  return /^\.{0,2}\//.test(text) ? [text] : text.split(/[\s,]+/);
}

/** The parser keeps the order of one option's values, but not that between several options. */
function pathRulesOf(argv: readonly string[]): PathRuleSource[] {
  const rules: PathRuleSource[] = [];
  for (const [at, argument] of argv.entries()) {
    if (argument === '--') break;
    const [, name = '', given] =
      /^--((?:exclude|include)-path|exclude-from|slim)(?:=(.*))?$/s.exec(argument) ?? [];
    const value = given ?? argv[at + 1] ?? '';
    if (name === 'slim') rules.push({ kind: 'slim' });
    else if (name === 'exclude-from') rules.push({ kind: 'file', file: value });
    else if (name !== '') rules.push({ kind: 'rule', rule: `path-${name.slice(0, 7)}=${value}` });
  }
  return rules;
}
