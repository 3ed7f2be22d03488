import { Writable } from 'node:stream';
import type { OutStream, World } from '../../src/cli/world.ts';

/** A stream that keeps what was written. */
export function collector(isTTY = false): OutStream & { text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return Object.assign(stream, { isTTY, columns: 80, text: () => text });
}

/** A process to run a command in, without one. */
export function worldOf(world: Partial<World> = {}) {
  const [stdout, stderr] = [collector(), collector()];
  const around: World = {
    env: { HOME: '/home/u' },
    cwd: '/',
    stdin: async () => '',
    signal: new AbortController().signal,
    stdout,
    stderr,
    ...world,
  };
  return { world: around, stdout, stderr };
}
