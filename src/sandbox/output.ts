/** The output of a command in the sandbox, passed to the sandbox's owner no faster than the owner takes it. */
import type { Readable } from 'node:stream';
import { linesOf } from './lines.ts';

/** Bytes that may be on their way: a daemon's may go on for ever, so that they do not count as the command's. */
const ON_THE_WAY = 2 ** 18;
/** Milliseconds without a word after which a command that has ended has said all. */
const MOMENT = 200;

export interface Output {
  /** Reported to the last line. */
  readonly told: Promise<void>;
  /**
   * Says that the command has ended. A program that it has left running may hold the stream open: output
   * that comes at once is the command's, and then the stream is closed.
   */
  commandEnded(): void;
}

export function tellOutput(stream: Readable, tell: (lines: readonly string[]) => Promise<void>): Output {
  let left = Number.POSITIVE_INFINITY;
  let isTelling = false;
  let silence: NodeJS.Timeout | undefined;
  const awaitSilence = () => {
    clearTimeout(silence);
    if (left !== Number.POSITIVE_INFINITY && !isTelling) silence = setTimeout(() => stream.destroy(), MOMENT);
  };
  const work = async () => {
    for await (const lines of linesOf(stream)) {
      isTelling = true;
      await tell(lines);
      isTelling = false;
      left -= lines.reduce((sum, line) => sum + line.length + 1, 0);
      if (left < 0) break;
      awaitSilence();
    }
  };
  // A stream that is closed before its end says so by an error.
  const told = work().catch(() => {});
  return {
    told: told.finally(() => clearTimeout(silence)),
    commandEnded() {
      left = ON_THE_WAY;
      awaitSilence();
    },
  };
}
