import { createHash } from 'node:crypto';
import type { EntryMeta } from '../../../rootfs/tree.ts';
import type { Acl } from './package-record.ts';

/** The metadata of a directory that several packages have. */
export type Agreed = Pick<EntryMeta, 'mode' | 'uid' | 'gid'>;

/** The metadata for two packages' directory: the lower owner, and for the same owner the permissions of both. */
export function agreedOn(first: Agreed, second: Agreed): Agreed {
  if (first.uid === second.uid && first.gid === second.gid)
    return { ...first, mode: first.mode & second.mode };
  return second.uid < first.uid || (second.uid === first.uid && second.gid < first.gid) ? second : first;
}

/** The root's own, which no package lists. */
export const ROOT: Acl = { uid: 0, gid: 0, mode: 0o755, xattrs: null };

/** Names and values of the attributes, by name, each after its length (`apk_fileinfo_hash_xattr_array`). */
export function xattrsDigest(xattrs: Readonly<Record<string, string>>): string {
  const digest = createHash('sha1');
  const add = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    digest.update(length).update(text, 'latin1');
  };
  for (const name of Object.keys(xattrs).sort()) {
    add(name);
    add(xattrs[name] as string);
  }
  return `Q1${digest.digest('base64')}`;
}
