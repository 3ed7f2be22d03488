import type { EntryMeta } from '../../../rootfs/tree.ts';
import { idsByName } from '../../ids.ts';

/** Owners and modes that dpkg-statoverride(1) has set for paths. */
export interface StatOverrides {
  /** `path` begins with a slash. */
  apply(path: string, meta: EntryMeta): EntryMeta;
}

/**
 * Reads `/var/lib/dpkg/statoverride`: lines of `user group mode path`, where user and group are names
 * of the rootfs' own passwd and group, or `#` and a number.
 */
export function parseStatOverrides(text: string, passwd: string, group: string): StatOverrides {
  const byPath = new Map<string, { uid: number; gid: number; mode: number }>();
  const [users, groups] = [idsByName(passwd), idsByName(group)];
  for (const line of text.split('\n')) {
    const parts = /^(\S+) (\S+) ([0-7]+) (.+)$/.exec(line);
    if (parts === null) continue;
    const [, user = '', owner = '', mode = '', path = ''] = parts;
    const [uid, gid] = [idOf(user, users), idOf(owner, groups)];
    if (uid !== undefined && gid !== undefined)
      byPath.set(path, { uid, gid, mode: Number.parseInt(mode, 8) });
  }
  return { apply: (path, meta) => ({ ...meta, ...byPath.get(path) }) };
}

function idOf(name: string, ids: ReadonlyMap<string, number>): number | undefined {
  return name.startsWith('#') ? Number(name.slice(1)) : ids.get(name);
}
