import { StringDecoder } from 'node:string_decoder';

/** Characters after which a line is cut in two: a program need not ever end one. */
const LONGEST = 2 ** 14;

/**
 * The lines of a stream, without their ends, as they come in; at the stream's end also one that has none. No more
 * is read before the last ones are taken.
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const bytes of stream) {
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = lines.pop() ?? '';
    const whole = lines.flatMap((line) => pieces(line.replace(/\r$/, '')));
    for (; rest.length > LONGEST; rest = rest.slice(LONGEST)) whole.push(rest.slice(0, LONGEST));
    if (whole.length > 0) yield whole;
  }
  rest += decoder.end();
  if (rest !== '') yield [rest];
}

function pieces(line: string): readonly string[] {
  if (line.length <= LONGEST) return [line];
  return Array.from({ length: Math.ceil(line.length / LONGEST) }, (_, n) => {
    return line.slice(n * LONGEST, (n + 1) * LONGEST);
  });
}
