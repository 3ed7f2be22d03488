import { MkbaseError, quoted } from '../errors.ts';
import type { TarHead } from '../formats/tar.ts';
import type { EntryMeta } from './tree.ts';

/**
 * Extended attributes that belong to a file itself, xattr(7). All others belong to the host where it lies: labels
 * of its security module (`security.selinux`, `security.SMACK64`), its measurements (`security.ima`,
 * `security.evm`), notes of its file systems (`trusted.*`, `system.nfs4_acl`), and the notes of unprivileged tools
 * on owners and layers.
 */
export function isOwnAttribute(name: string): boolean {
  return OWN.test(name) && !NOTES.test(name);
}

const OWN = /^(?:security\.capability$|system\.posix_acl_(?:access|default)$|user\.)/;

/** overlayfs with `userxattr`, fuse-overlayfs, containers/storage, and what umoci and PRoot write. */
const NOTES = /^user\.(?:overlay\.|fuseoverlayfs\.|containers\.override_stat$|rootlesscontainers$)/;

/** Bytes of an attribute's name, and of its value, XATTR_NAME_MAX and XATTR_SIZE_MAX of limits.h. */
const [LONGEST_NAME, LONGEST_VALUE] = [255, 2 ** 16];

/** capabilities(7): revision 2, five numbers of 32 bits, of which the first has the revision and one flag. */
const CAPABILITIES = /^[\0\x01]\0\0\x02[\s\S]{16}$/;

/**
 * The attributes of a package's entry, where every system can give them to a file, with and without the rights of
 * the host's root. Those of links have no effect, and are left out.
 *
 * @throws MkbaseError `package/bad-attribute`
 */
export function checkedAttributes(
  { path, type }: Pick<TarHead, 'path' | 'type'>,
  xattrs: Readonly<Record<string, string>>,
): Pick<EntryMeta, 'xattrs'> {
  if (type !== 'file' && type !== 'dir') return {};
  for (const [name, value] of Object.entries(xattrs)) {
    const isSound =
      name === 'security.capability'
        ? CAPABILITIES.test(value)
        : name.startsWith('user.') && name !== 'user.';
    if (isSound && name.length <= LONGEST_NAME && value.length <= LONGEST_VALUE) continue;
    throw new MkbaseError(
      'package/bad-attribute',
      `${quoted(path)} has the attribute ${quoted(name)}, which cannot be given to it`,
      { hint: 'the package is broken or hostile: a file may have capabilities, and attributes of `user.`' },
    );
  }
  return { xattrs };
}
