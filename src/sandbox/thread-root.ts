import { openSync } from 'node:fs';
import { MkbaseError } from '../errors.ts';
import { enterRoot, ownThreadRoot } from './syscalls.ts';

/**
 * For the calling thread, a way to run synchronous functions with a directory as their root: no link in it
 * can lead them outside. The thread's current directory is `/` from then on.
 *
 * @throws MkbaseError `host/no-thread-root` in a container that forbids it
 */
export function threadWithin(root: string): <T>(act: () => T) => T {
  const [outside, inside] = [openSync('/', 'r'), openSync(root, 'r')];
  try {
    ownThreadRoot();
  } catch (cause) {
    throw notAllowed(cause);
  }
  return (act) => {
    enterRoot(inside);
    try {
      return act();
    } finally {
      enterRoot(outside);
    }
  };
}

function notAllowed(cause: unknown): MkbaseError {
  return new MkbaseError(
    'host/no-thread-root',
    'this container forbids what keeps a hook inside of the base',
    {
      hint: 'give it CAP_SYS_ADMIN, or build where mkbase may make namespaces',
      cause,
    },
  );
}
