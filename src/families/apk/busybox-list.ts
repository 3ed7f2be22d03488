import { existsSync, rmdirSync } from 'node:fs';
import type { Mode } from '../../job.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';

/**
 * The applets of a busybox that does not come with a list of them, as those of Alpine 3.17 and older: asked
 * of itself, in a sandbox. A path a line; null where this host cannot run it.
 */
export async function listApplets(root: string, mode: Mode): Promise<string | null> {
  if (mode === 'none') return null;
  const sandbox = startSandbox(mode);
  const mountPoint = `${root}/sys`;
  const hadMountPoint = existsSync(mountPoint);
  const lines: string[] = [];
  try {
    await sandbox.enter(root, []);
    const command = { argv: ['/bin/busybox', '--list-full'], env: {} };
    const status = await sandbox.run(command, { line: (line) => lines.push(line) });
    return status === 0 ? lines.join('\n') : null;
  } catch {
    return null; // A program of another architecture.
  } finally {
    await sandbox.close();
    if (!hadMountPoint && existsSync(mountPoint)) rmdirSync(mountPoint);
  }
}
