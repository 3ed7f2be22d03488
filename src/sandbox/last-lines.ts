/** Characters to keep: the last lines say why a program failed. */
const KEPT = 2 ** 21;
/** Memory that a line takes beside its characters. */
const OVERHEAD = 32;

export interface LastLines {
  readonly lines: readonly string[];
  add(line: string): void;
}

/** Keeps the last lines of what a program says, which may be more than fits into memory. */
export function keepLastLines(): LastLines {
  const lines: string[] = [];
  let size = 0;
  return {
    lines,
    add(line) {
      lines.push(line);
      size += line.length + OVERHEAD;
      if (size <= KEPT) return;
      let count = 0;
      for (; size > KEPT / 2; count++) size -= lines[count]!.length + OVERHEAD;
      lines.splice(0, count);
    },
  };
}
