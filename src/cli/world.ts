import type { Writable } from 'node:stream';

/** The parts of its process that a command may touch; a test passes its own. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Standard input to its end, or where that is far somewhat more than `most` bytes of it. */
  readonly stdin: (most?: number) => Promise<string>;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly signal: AbortSignal;
}

export type OutStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Writes data and waits until it is gone, so that a closed pipe is an error and not silence. */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((done, failed) => {
    stream.write(text, (error) => (error ? failed(error) : done()));
  });
}
