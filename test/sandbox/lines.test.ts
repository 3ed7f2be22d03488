import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { linesOf as linesOfStream } from '../../src/sandbox/lines.ts';

async function linesOf(...pieces: readonly (string | Buffer)[]): Promise<string[]> {
  const stream = Readable.from(pieces.map((piece) => Buffer.from(piece)));
  const lines: string[] = [];
  for await (const some of linesOfStream(stream)) lines.push(...some);
  return lines;
}

describe('linesOf', () => {
  it('tells lines whatever the pieces, and a last one without an end', async () => {
    expect(await linesOf('a\nb', 'c\n\nd\r\n', 'e')).toEqual(['a', 'bc', '', 'd', 'e']);
    expect(await linesOf()).toEqual([]);
  });

  it('keeps a character whose bytes come apart', async () => {
    const bytes = Buffer.from('é\n');
    expect(await linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(['é']);
  });

  it('cuts a line that does not end, so that it fits into memory', async () => {
    const endless = Array.from({ length: 40 }, () => 'x'.repeat(1000));
    const lines = await linesOf(...endless, '\nend\n', 'y'.repeat(40_000), '\n');
    expect(lines.map(({ length }) => length)).toEqual([16_384, 16_384, 7232, 3, 16_384, 16_384, 7232]);
  });
});
