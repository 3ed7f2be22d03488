import { Root } from '../../../rootfs/root.ts';
import type { FileTask } from '../../../rootfs/unpack-protocol.ts';
import { type Ids, readIds } from '../../ids.ts';

/** Names of owners while packages are placed before any script. */
export interface BroughtAccounts {
  /** By what was read last. */
  readonly ids: Ids;
  /** Waits for files to be written where they bring names, and reads these. */
  wrote(files: readonly FileTask[], written: Promise<void>): Promise<void>;
}

/** dpkg knows names from the first of these; base-passwd's preinst makes it from the second where it is missing. */
const USERS = ['etc/passwd', 'usr/share/base-passwd/passwd.master'];
const GROUPS = ['etc/group', 'usr/share/base-passwd/group.master'];
const LISTS = new Set([...USERS, ...GROUPS]);

const ROOT = { passwd: 'root:x:0:0', group: 'root:x:0:' };

/** Those that a setup hook or the packages themselves bring into the rootfs at `path`; root alone at first. */
export function broughtAccounts(path: string): BroughtAccounts {
  let current = read();
  return {
    ids: { uid: (head) => current.uid(head), gid: (head) => current.gid(head) },
    async wrote(files, written) {
      if (!files.some((file) => LISTS.has(file.path))) return;
      await written;
      current = read();
    },
  };

  function read(): Ids {
    const root = new Root(path);
    const first = (paths: readonly string[]) => {
      const found = paths.map((one) => root.follow(one)).find((one) => root.stat(one)?.isFile());
      return found === undefined ? undefined : root.read(found)?.toString('latin1');
    };
    const ids = readIds(first(USERS) ?? ROOT.passwd, first(GROUPS) ?? ROOT.group);
    root.release();
    return ids;
  }
}
