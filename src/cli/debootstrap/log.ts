import { appendFileSync, writeFileSync } from 'node:fs';
import { linesText } from '../../text.ts';

/** `TARGET/debootstrap/debootstrap.log`. */
export interface Log {
  readonly add: (text: string) => void;
  /** Begins the file, with what was added before. */
  readonly open: (file: string) => void;
  /** The line that says where it is; empty while it has no file. */
  readonly pointer: () => string;
}

export function openLog(): Log {
  let file: string | null = null;
  let early = '';
  return {
    add(text) {
      if (file === null) early += text;
      else appendFileSync(file, text);
    },
    open(path) {
      writeFileSync(path, early, { flag: 'a', mode: 0o644 });
      file = path;
    },
    pointer: () => (file === null ? '' : linesText([`W: See ${file} for details`])),
  };
}
