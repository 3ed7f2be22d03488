import { StringDecoder } from 'node:string_decoder';

/** Characters after which a line is cut in two: a program need not ever end one. */
const LONGEST = 2 ** 14;

/** Tells each line of a stream, without its end; at the stream's end also one that has none. */
export function eachLine(stream: NodeJS.ReadableStream, tell: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tellPieces(line.replace(/\r$/, ''));
    for (; rest.length > LONGEST; rest = rest.slice(LONGEST)) tell(rest.slice(0, LONGEST));
  };
  const tellPieces = (line: string) => {
    for (let at = 0; at === 0 || at < line.length; at += LONGEST) tell(line.slice(at, at + LONGEST));
  };
  stream.on('data', (bytes: Buffer) => take(decoder.write(bytes)));
  stream.on('end', () => {
    take(decoder.end());
    if (rest !== '') tell(rest);
  });
}
