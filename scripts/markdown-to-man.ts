/**
 * Markdown as docs/mkbase.1.md has it to the language of manual pages, man(7): headings, paragraphs, lists,
 * terms with a definition (`: `), code by its indentation, tables, and in a line code, bold and italics.
 */
export interface ManOptions {
  /** At the foot of each page: `mkbase 1.0`. */
  readonly source: string;
}

/** @throws Error for Markdown of another form: a page must not lose text unseen */
export function markdownToMan(markdown: string, { source }: ManOptions): string {
  const [title = '', ...blocks] = blocksOf(markdown.split('\n'));
  const [, name, section] = /^# (\S+)\((\d)\)$/.exec(title) ?? [];
  if (name === undefined) throw new Error('the page does not begin with `# name(section)`');
  // The first line asks for tbl(1); words are neither parted nor spread: most are names.
  const head = ['.nr HY 0', `.TH ${name.toUpperCase()} ${section} "" "${escaped(source)}" "User Commands"`];
  return `'\\" t\n${[...head, '.nh', '.ad l', ...blocks.flatMap(block)].join('\n')}\n`;
}

/** Divided at empty lines, but for those inside of code and between items of a list. */
function blocksOf(lines: readonly string[]): string[] {
  return lines
    .join('\n')
    .split(/\n{2,}/)
    .map((text) => text.replace(/\n+$/, ''))
    .filter((text) => text !== '');
}

function block(text: string): string[] {
  const lines = text.split('\n');
  if (lines.every((line) => line.startsWith('    '))) return code(lines);
  if (text.startsWith('- ')) return list(lines);
  if (text.startsWith('|')) return table(lines);
  const [, level, heading] = /^(##|###) (.*)$/.exec(text) ?? [];
  if (heading !== undefined) return [`.${level === '##' ? 'SH' : 'SS'} "${inline(heading)}"`];
  const definition = lines.findIndex((line) => line.startsWith(': '));
  if (definition > 0) {
    const body = [lines[definition]!.slice(2), ...lines.slice(definition + 1)];
    return ['.TP', prose(lines.slice(0, definition)), prose(body)];
  }
  if (/^(#|>|\d+\. |\* |```)/m.test(text)) throw new Error(`no page can be made of \`${lines[0]}\``);
  return ['.PP', prose(lines)];
}

function code(lines: readonly string[]): string[] {
  return ['.PP', '.RS 4', '.EX', ...lines.map((line) => guarded(escaped(line.slice(4)))), '.EE', '.RE'];
}

/** Items, with those that are indented below as lists of their own. */
function list(lines: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const item = [lines[at++]!.slice(2)];
    while (at < lines.length && !lines[at]!.startsWith('- ')) item.push(lines[at++]!.slice(2));
    const nested = item.findIndex((line) => line.startsWith('- '));
    const own = nested < 0 ? item : item.slice(0, nested);
    out.push('.IP \\(bu 2', prose(own));
    if (nested >= 0) out.push('.RS 2', ...list(item.slice(nested)), '.RE');
  }
  return out;
}

/** tbl(1); the last column is wrapped. */
function table(lines: readonly string[]): string[] {
  const rows = lines.map((line) => line.split('|').slice(1, -1));
  const [head = [], , ...body] = rows.map((cells) => cells.map((cell) => inline(cell.trim())));
  const row = (cells: readonly string[]) => [...cells.slice(0, -1), `T{\n${cells.at(-1)}\nT}`].join('\t');
  const columns = head.map((_, index) => (index === head.length - 1 ? 'lx' : 'l'));
  return [
    '.PP',
    '.TS',
    `${head.map(() => 'lb').join(' ')}`,
    `${columns.join(' ')}.`,
    row(head),
    ...body.map(row),
    '.TE',
  ];
}

function prose(lines: readonly string[]): string {
  return guarded(inline(lines.map((line) => line.trim()).join(' ')));
}

const SPANS = /`([^`]+)`|\*\*([^*]+)\*\*|(?<!\w)_([^_]+)_(?!\w)/g;

function inline(text: string): string {
  let out = '';
  let end = 0;
  for (const { 0: whole, 1: literal, 2: bold, 3: italic, index } of text.matchAll(SPANS)) {
    const inner = literal ?? bold ?? italic ?? '';
    out += `${escaped(text.slice(end, index))}\\f${italic === undefined ? 'B' : 'I'}${escaped(inner)}\\fR`;
    end = index + whole.length;
  }
  return out + escaped(text.slice(end));
}

/** Characters that are special to troff, groff_char(7). */
const SIGNS: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  '"': '\\(dq',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

function escaped(text: string): string {
  return text.replace(/[\\\-"'`^~]|[^ -~]/gu, (sign) => {
    const code = sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return SIGNS[sign] ?? `\\[u${code}]`;
  });
}

/** A line that begins with a dot would be a request. */
function guarded(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line;
}
