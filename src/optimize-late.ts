import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 optimize a function six times later than it would: most processes of mkbase end before the optimizing
 * compiler has paid for itself. Measured in docs/decisions/0160. The flag is Node 20's alone: later versions have
 * a cheaper compiler in between, and other flags. V8 takes compiled code of a process with the same flags alone:
 * call it before any is read.
 */
export function optimizeLate(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=400000');
}
