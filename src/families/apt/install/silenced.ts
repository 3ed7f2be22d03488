/**
 * Programs of packages outside the Essential set that must do nothing while scripts run, such as upstart's
 * initctl: diverted with a stub in their place, as debootstrap's and Docker's scripts do it.
 */
import type { TextFile } from '../../../rootfs/unpack-protocol.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { SUCCEED } from '../../../sandbox/stub.ts';
import { DPKG_DIR, textFile } from './dpkg-database.ts';

/** dpkg's database of diversions with local ones of these paths, as `dpkg-divert --local` names them. */
export function diversionsOf(paths: readonly string[]): string {
  return paths.map((path) => `${path}\n${path}.distrib\n:\n`).join('');
}

/** The stubs, and the diversions that keep packages from replacing them. */
export function silencingFiles(paths: readonly string[], epoch: number): TextFile[] {
  if (paths.length === 0) return [];
  const stubs = paths.map((path) => textFile(path.slice(1), SUCCEED, epoch, 0o755));
  return [...stubs, textFile(`${DPKG_DIR}/diversions`, diversionsOf(paths), epoch)];
}

/** Puts the real programs in place of their stubs. */
export async function unsilence(sandbox: Sandbox, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await sandbox.remove(path);
    const argv = ['dpkg-divert', '--quiet', '--local', '--rename', '--remove', path];
    await sandbox.run({ argv, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  }
}
