import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { markdownToMan } from '../../scripts/markdown-to-man.ts';
import type { Option } from '../../src/cli/options/option.ts';
import { OPTIONS } from '../../src/cli/options.ts';

const page = (markdown: string) => markdownToMan(`# tool(1)\n\n${markdown}\n`, { source: 'tool 1.0' });
const body = (markdown: string) => page(markdown).split('\n').slice(5, -1).join('\n');

describe('a manual page', () => {
  it('names itself, its section and its source', () => {
    expect(page('')).toContain('.TH TOOL 1 "" "tool 1.0" "User Commands"\n');
  });

  it.each([
    ['a heading', '## NAME', '.SH "NAME"'],
    ['a heading below', '### In it', '.SS "In it"'],
    ['a paragraph on one line', 'one\ntwo', '.PP\none two'],
    ['code, bold and italics', '`a b` **c** _d_ e_f_g', '.PP\n\\fBa b\\fR \\fBc\\fR \\fId\\fR e_f_g'],
    ['markup inside code as it is', '`**x** _y_`', '.PP\n\\fB**x** _y_\\fR'],
    ['signs that troff knows', `a-b \\n ~'"^\``, '.PP\na\\-b \\(rsn \\(ti\\(aq\\(dq\\(ha\\(ga'],
    ['other letters', '…', '.PP\n\\[u2026]'],
    ['a line that begins with a dot', '.so x', '.PP\n\\&.so x'],
    [
      'a term and what it means',
      '**--x** _Y_,\n**--z**\n: Does\nthis.',
      '.TP\n\\fB\\-\\-x\\fR \\fIY\\fR, \\fB\\-\\-z\\fR\nDoes this.',
    ],
    ['code by its indentation', '    a\n      .b', '.PP\n.RS 4\n.EX\na\n  .b\n.EE\n.RE'],
    ['a list', '- one\n  more\n- two', '.IP \\(bu 2\none more\n.IP \\(bu 2\ntwo'],
    [
      'a list in a list',
      '- a:\n  - b\n    c\n- d',
      '.IP \\(bu 2\na:\n.RS 2\n.IP \\(bu 2\nb c\n.RE\n.IP \\(bu 2\nd',
    ],
    [
      'a table',
      '| a | b |\n| - | - |\n| 1 | `x` |',
      '.PP\n.TS\nlb lb\nl lx.\na\tT{\nb\nT}\n1\tT{\n\\fBx\\fR\nT}\n.TE',
    ],
  ])('has %s', (_, markdown, roff) => {
    expect(body(markdown)).toBe(roff);
  });

  it.each(['```\nx\n```', '> said', '1. first', '#### deep'])('is not made of %j', (markdown) => {
    expect(() => page(markdown)).toThrow('no page can be made of');
  });

  it('is not made of a text without a title', () => {
    expect(() => markdownToMan('## NAME\n', { source: '' })).toThrow('does not begin');
  });
});

describe('the page of mkbase', async () => {
  const manual = await readFile(new URL('../../docs/mkbase.1.md', import.meta.url), 'utf8');
  const roff = markdownToMan(manual, { source: 'mkbase' });

  it('has every word of the manual, in order', () => {
    const plain = manual
      .replace(/^# .*/, '')
      .replace(/^\|[ |-]+\|$/gm, '')
      .replace(/^\|.*/gm, (row) => row.replaceAll('|', ' '))
      .replace(/^ *(#+|- |: )/gm, '')
      .replaceAll('**', '')
      .replace(/(?<!\w)_([^_`]+)_(?!\w)/g, '$1')
      .replaceAll('`', '');
    expect(wordsOf(textOf(roff))).toEqual(wordsOf(plain));
  });

  it.each(OPTIONS.map((option): [string, Option] => [option.name, option]))('has --%s as a term', (name) => {
    const terms = roff.split('\n').filter((_, line, lines) => lines[line - 1] === '.TP');
    expect(terms.join('\n')).toContain(`\\fB\\-\\-${name.replaceAll('-', '\\-')}\\fR`);
  });
});

/** The text that a reader sees. */
function textOf(roff: string): string {
  const signs: Record<string, string> = { aq: "'", dq: '"', rs: '\\', ga: '`', ha: '^', ti: '~' };
  return roff
    .replace(/^'.*|^\.(nr|TH|nh|ad|PP|TP|RS|RE|EX|EE|TS|TE|IP).*|T{$|^T}$|^l.*[bx.]$/gm, '')
    .replace(/^\.S[HS] "(.*)"$/gm, '$1')
    .replace(/\\f[BIR]|\\&/g, '')
    .replace(/\\\((..)/g, (_, sign: string) => signs[sign]!)
    .replace(/\\\[u(\w+)\]/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('\\-', '-')
    .replaceAll('`', '');
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
