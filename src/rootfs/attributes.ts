/**
 * Extended attributes that belong to a file itself, xattr(7). All others tell of the host where it lies: labels
 * of its security module (`security.selinux`, `security.SMACK64`), its measurements (`security.ima`,
 * `security.evm`), notes of its file systems (`trusted.*`, `system.nfs4_acl`), and what tools without rights
 * note of owners and layers.
 */
export function isOwnAttribute(name: string): boolean {
  return OWN.test(name) && !NOTES.test(name);
}

const OWN = /^(?:security\.capability$|system\.posix_acl_(?:access|default)$|user\.)/;

/** overlayfs with `userxattr`, fuse-overlayfs, containers/storage, and what umoci and PRoot write. */
const NOTES = /^user\.(?:overlay\.|fuseoverlayfs\.|containers\.override_stat$|rootlesscontainers$)/;
