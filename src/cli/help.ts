import { BUILD, COMMANDS, type Command } from './commands.ts';
import type { Option } from './options/option.ts';
import { GROUPS } from './options.ts';

const WIDTH = 100;
const EXAMPLES: readonly (readonly [string, string])[] = [
  ['mkbase bookworm ./out', 'a directory'],
  ['mkbase debian:trixie ./t.tar.zst', 'a tar, compressed by its ending'],
  ['mkbase sid - | tar t', 'a tar on standard output'],
  ['mkbase trixie docker-daemon:base:1', 'an image in the running engine'],
  ['mkbase alpine:3.20 oci:base', 'an OCI layout'],
];

/** The text of `--help`, from the tables alone, so that nothing heavy is loaded for it. */
export function helpText(command: Command = BUILD): string {
  const lines = command === BUILD ? overview() : [`Usage: mkbase ${command.usage}`, '', command.summary];
  return `${[...lines, ...optionTable(command)].join('\n')}\n`;
}

function overview(): string[] {
  return [
    'Makes base images from signed distribution packages.',
    '',
    'Usage:',
    ...table(COMMANDS.map((command) => [`mkbase ${command.usage}`, command.summary])),
    '',
    'TARGET is a directory, a tar by its ending (.tar .tar.gz .tar.xz .tar.zst), - for a tar on standard',
    'output, or an image: docker://NAME in a registry, docker-daemon:NAME in an engine, oci:DIR[:TAG],',
    'oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME].',
    '',
    'Examples:',
    ...table(EXAMPLES),
  ];
}

/** The options that the command takes, under their headings. */
function optionTable({ options: taken }: Command): string[] {
  const names: readonly string[] = [...taken, 'help'];
  const groups = GROUPS.map(({ title, options }) => {
    return { title, options: options.filter(({ name }) => names.includes(name)) };
  }).filter(({ options }) => options.length > 0);
  const column =
    2 + Math.max(...groups.flatMap(({ options }) => options).map((option) => spelling(option).length));
  return groups.flatMap(({ title, options }) => [
    '',
    `${title}:`,
    ...options.flatMap((option) => optionLines(option, column)),
  ]);
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const column = 2 + Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(column)}${right}`);
}

/** `  -j, --jobs N`, aligned as if every option had a short name. */
function spelling(option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const value = option.value === undefined ? '' : ` ${option.value}`;
  return `  ${short}--${option.name}${value}`;
}

function optionLines(option: Option, column: number): string[] {
  const first = `${spelling(option).padEnd(column)}${option.summary}`;
  const notes = notesOf(option);
  if (notes === '') return [first];
  if (first.length + 1 + notes.length <= WIDTH) return [`${first} ${notes}`];
  const indent = ' '.repeat(column);
  return [first, ...wrapped(notes, WIDTH - column).map((line) => `${indent}${line}`)];
}

function notesOf({ allowed, also = [], default: standard }: Option): string {
  const notes = [
    ...(allowed === undefined ? [] : [allowed.join(', ')]),
    ...(standard === undefined ? [] : [`default ${standard}`]),
    ...(also.length === 0 ? [] : [`also ${also.map((name) => `--${name}`).join(', ')}`]),
  ];
  return notes.length === 0 ? '' : `(${notes.join('; ')})`;
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
