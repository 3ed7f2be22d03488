import { type CachedFile, cachedFiles, pruneCache } from '../cache-contents.ts';
import { MkbaseError } from '../errors.ts';
import { bytesText, columns, counted, jsonText, linesText } from '../text.ts';
import { isoTime } from '../time.ts';
import type { Arguments } from './arguments.ts';
import { cacheDirOf, cacheSizeOf } from './cache-directory.ts';
import { checkOperands } from './operands.ts';
import { type World, write } from './world.ts';

/** `mkbase cache`, `mkbase cache prune` */
export async function cacheCommand(args: Arguments, world: World): Promise<void> {
  const { flags, operands } = args;
  checkOperands(args, { names: ['prune'], needed: 0 });
  const [action] = operands;
  if (action !== undefined && action !== 'prune') {
    throw new MkbaseError('usage/extra-operand', `there is no use for \`${action}\``, {
      hint: 'the form is `mkbase cache [prune]`',
    });
  }
  const directory = cacheDirOf(flags, world);
  if (action === undefined) {
    const rows = rowsOf(await cachedFiles(directory));
    return write(world.stdout, flags.json ? jsonText({ directory, kinds: rows }) : contentText(rows));
  }
  const { files, bytes } = await pruneCache(directory, cacheSizeOf(flags));
  const text = linesText([`removed ${counted(files, 'file')}, ${bytesText(bytes)}`]);
  await write(world.stdout, flags.json ? jsonText({ directory, removed: { files, bytes } }) : text);
}

interface Row {
  readonly kind: string;
  readonly files: number;
  readonly bytes: number;
  /** When the one was of use that was not for longest, and the one that was last. */
  readonly oldest: string;
  readonly newest: string;
}

function rowsOf(files: readonly CachedFile[]): Row[] {
  const kinds = [...new Set(files.map(({ kind }) => kind))].sort();
  return kinds.map((kind) => {
    const some = files.filter((file) => file.kind === kind);
    const used = some.map((file) => Math.floor(file.used / 1000));
    return {
      kind,
      files: some.length,
      bytes: sumOf(some.map(({ size }) => size)),
      oldest: isoTime(used.reduce((a, b) => Math.min(a, b))),
      newest: isoTime(used.reduce((a, b) => Math.max(a, b))),
    };
  });
}

function contentText(rows: readonly Row[]): string {
  const head = ['kind', 'files', 'size', 'used from', 'to'];
  const kinds = rows.map(({ kind, files, bytes, oldest, newest }) => {
    return [kind, String(files), bytesText(bytes), oldest, newest];
  });
  const files = sumOf(rows.map((row) => row.files));
  const total = ['total', String(files), bytesText(sumOf(rows.map(({ bytes }) => bytes))), '', ''];
  return linesText(columns([head, ...kinds, total], [1, 2]).map((line) => line.trimEnd()));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
