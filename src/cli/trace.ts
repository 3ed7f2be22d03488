import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** A frame of a stack that lies in a file: the text before its place, file, line, column. */
const FRAME = /^( +at (?:async )?(?:.* \()?)(?:file:\/\/)?(\/[^()]*):(\d+):(\d+)\)?$/;

/** Where an error was thrown, a line a call: by the source where a bundle has a map beside it. */
export function traceOf(error: Error): readonly string[] {
  const maps = new Map<string, SourceMap | null>();
  const lines = (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line));
  return lines.map((line) => {
    const [, start = '', file = '', row, column] = FRAME.exec(line) ?? [];
    if (!maps.has(file)) maps.set(file, readMap(file));
    const place = maps.get(file)?.findEntry(Number(row) - 1, Number(column) - 1);
    if (place === undefined || !('originalSource' in place)) return line;
    const end = start.endsWith('(') ? ')' : '';
    const source = place.originalSource.replace(/^(\.\.\/)+/, '');
    return `${start}${source}:${place.originalLine + 1}${end}`;
  });
}

function readMap(file: string): SourceMap | null {
  const map = `${file}.map`;
  return file !== '' && existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, 'utf8'))) : null;
}
