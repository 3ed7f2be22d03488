import { closeSync, openSync, writeSync } from 'node:fs';
import { linesText } from '../text.ts';

export interface Log {
  /** @throws Error of the system, with the file's path, where the disk is full */
  add(line: string): void;
  close(): void;
}

/** Bytes after which a log is cut: a script may say more than a disk holds. */
const LONGEST = 64 * 2 ** 20;

/** The file of all that scripts and hooks say. */
export function openLog(path: string): Log {
  const file = openSync(path, 'a');
  let size = 0;
  return {
    add(line) {
      if (size > LONGEST) return;
      const text = linesText([line]);
      size += text.length;
      const last = size > LONGEST ? 'what comes after is left out of this log\n' : '';
      try {
        writeSync(file, text + last);
      } catch (error) {
        throw Object.assign(error as Error, { path });
      }
    },
    close: () => closeSync(file),
  };
}
