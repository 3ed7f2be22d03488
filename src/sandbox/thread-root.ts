import { openSync } from 'node:fs';
import { enterRoot, ownThreadRoot } from './syscalls.ts';

/**
 * For the calling thread, a way to run synchronous functions with a directory as their root: no link in it
 * can lead them outside. The thread's current directory is `/` from then on.
 */
export function threadWithin(root: string): <T>(act: () => T) => T {
  const [outside, inside] = [openSync('/', 'r'), openSync(root, 'r')];
  ownThreadRoot();
  return (act) => {
    enterRoot(inside);
    try {
      return act();
    } finally {
      enterRoot(outside);
    }
  };
}
