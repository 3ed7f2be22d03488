/** apt's own state in the image, as apt would have left it had it installed the packages. */
import type { LockedPackage } from '../../../lock/lock.ts';
import type { Entry } from '../../../rootfs/tree.ts';
import type { TreeEdit } from '../../../rootfs/unpack-protocol.ts';
import type { Control } from '../package/control.ts';
import { textFile } from './dpkg-database.ts';

/**
 * `/var/lib/apt/extended_states` marks packages that were only pulled in: a later `apt autoremove` may
 * remove them when nothing needs them any more. In the Essential set those are the libraries it drew in.
 */
export function extendedStates(
  packages: readonly { readonly item: LockedPackage; readonly control: Control }[],
  arch: string,
): string {
  return packages
    .filter(({ item, control }) => {
      if (item.reason === 'essential') return !control.essential && control.priority !== 'required';
      return item.reason === 'dependency';
    })
    .map(({ control }) => `Package: ${control.name}\nArchitecture: ${arch}\nAuto-Installed: 1\n\n`)
    .sort()
    .join('');
}

/** Files and directories of apt that belong to no package; its downloads belong to its own user. */
export function aptState(states: string, passwd: string, mtime: number): TreeEdit {
  const uid = Number(/^_apt:[^:]*:(\d+):/m.exec(passwd)?.[1] ?? 0);
  const partial: Entry = { type: 'dir', mode: 0o700, uid, gid: 0, mtime };
  return {
    entries: [
      ['var/lib/apt/lists/partial', partial],
      ['var/cache/apt/archives/partial', partial],
    ],
    files: [
      textFile('var/lib/apt/extended_states', states, mtime),
      textFile('var/lib/apt/lists/lock', '', mtime, 0o640),
      textFile('var/cache/apt/archives/lock', '', mtime, 0o640),
    ],
  };
}
