import { readFile } from 'node:fs/promises';
import { MkbaseError, quoted } from '../errors.ts';
import { type HostDirectory, openHostDirectory } from '../rootfs/host-directory.ts';
import { mountsWithin } from '../rootfs/remove.ts';
import type { Tree } from '../rootfs/tree.ts';

export interface RootfsDirectory extends HostDirectory {
  /** Notices about entries that were changed or left out. */
  readonly notices: readonly string[];
}

/**
 * A directory as a Tree, without its sockets and what is mounted in it.
 *
 * @throws MkbaseError `image/bad-rootfs` for `/`, `image/unreadable`, `image/file-changed`
 */
export async function openDirectory(root: string): Promise<RootfsDirectory> {
  if (root === '/') {
    throw new MkbaseError('image/bad-rootfs', 'cannot take `/`: it is this system, and it changes', {
      hint: 'name the directory of a root filesystem that is not in use',
    });
  }
  const mountinfo = await readFile('/proc/self/mountinfo', 'latin1').catch(() => '');
  const mounts = mountsWithin(mountinfo, root).filter((point) => point !== root);
  const sockets: string[] = [];
  const directory = scanned(root, {
    closed: new Set(mounts.map((point) => Buffer.from(point.slice(root.length + 1)).toString('latin1'))),
    onSocket: (path) => sockets.push(path),
  });
  return {
    ...directory,
    notices: [
      ...(sockets.length === 0 ? [] : [`sockets cannot be in an image and are left out: ${listed(sockets)}`]),
      ...(mounts.length === 0 ? [] : [`what is mounted there is left out: ${mounts.join(', ')}`]),
    ],
  };
}

function scanned(root: string, options: Parameters<typeof openHostDirectory>[1]): HostDirectory {
  try {
    return openHostDirectory(root, options);
  } catch (error) {
    const { code, path = '' } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw unreadable(root, [path === root ? '' : path], error);
  }
}

/**
 * All of them at once, before anything is written.
 *
 * @throws MkbaseError `image/unreadable`
 */
export function refuseUnreadable(
  root: string,
  { tree, mayRead }: { readonly tree: Tree; readonly mayRead: HostDirectory['mayRead'] },
): void {
  const closed = [...tree].flatMap(([path, { type }]) => (type === 'file' && !mayRead(path) ? [path] : []));
  if (closed.length > 0) throw unreadable(root, closed);
}

function unreadable(root: string, paths: readonly string[], cause?: unknown): MkbaseError {
  return new MkbaseError('image/unreadable', `this user may not read ${listed(paths)} of \`${root}\``, {
    hint: 'run as root, or leave them out with `--exclude-path`, or import a tar that root has made',
    cause,
  });
}

const SHOWN = 5;

function listed(paths: readonly string[]): string {
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return `${paths
    .slice(0, SHOWN)
    .map((path) => quoted(`/${path}`))
    .join(', ')}${more}`;
}
