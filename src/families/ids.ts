import type { PackageHead } from '../rootfs/package-file.ts';

/** The owner of an entry: names win over numbers where the rootfs knows them. */
export interface Ids {
  uid(head: Pick<PackageHead, 'uid' | 'owner'>): number;
  gid(head: Pick<PackageHead, 'gid' | 'owner'>): number;
}

/** By the texts of passwd(5) and group(5). */
export function readIds(passwd: string, group: string): Ids {
  const [users, groups] = [idsByName(passwd), idsByName(group)];
  return {
    uid: ({ uid, owner }) => users.get(owner?.user ?? '') ?? uid,
    gid: ({ gid, owner }) => groups.get(owner?.group ?? '') ?? gid,
  };
}

/**
 * The ids of passwd(5) or group(5): name first, number third. Lines without a number are skipped, and the first line
 * of a name counts.
 */
export function idsByName(text: string): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (name !== '' && /^\d+$/.test(id) && !ids.has(name)) ids.set(name, Number(id));
  }
  return ids;
}
