/**
 * Directories entered by descriptor, one after the other: no link in the place of one is followed, whoever
 * puts it there meanwhile.
 */
import { closeSync, constants, openSync } from 'node:fs';

/** open(2); Node has no name for it. The same number on all architectures that Node knows. */
export const O_PATH = 0o10000000;

export interface Descent {
  /**
   * How the system reaches a path below the root, a binary string: through the open directory that it is in.
   * It holds until the next call.
   *
   * @throws Error `ENOTDIR`, where a link or a file is in the place of a directory
   */
  at(path: string): string;
  close(): void;
}

/** Below a directory, whose own path may lead through links. */
export function openDescent(root: string): Descent {
  const names: string[] = [];
  const opened = [enter(root, 0)];

  return {
    at(path) {
      const parts = path.split('/');
      const last = parts.pop()!;
      let same = 0;
      while (same < parts.length && same < names.length && parts[same] === names[same]) same++;
      leave(same);
      for (const part of parts.slice(same)) {
        opened.push(enter(inside(opened.at(-1)!, part), constants.O_NOFOLLOW));
        names.push(part);
      }
      return inside(opened.at(-1)!, last === '' ? '.' : last);
    },
    close() {
      leave(0);
      closeSync(opened[0]!);
    },
  };

  function leave(depth: number): void {
    names.length = depth;
    for (const fd of opened.splice(depth + 1)) closeSync(fd);
  }
}

/** How the system reaches what is in an open directory. */
export function inside(fd: number, name: string): string {
  return `/proc/self/fd/${fd}/${name}`;
}

function enter(path: string, flags: number): number {
  return openSync(Buffer.from(path, 'latin1'), O_PATH | constants.O_DIRECTORY | flags);
}
