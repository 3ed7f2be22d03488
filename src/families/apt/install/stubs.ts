/** Programs that are replaced while packages are configured. */
import { type Stub, silent } from '../../../sandbox/stub.ts';

/** Programs that scripts may call and that only succeed: services stay down, and this is a chroot. */
export const SILENT = ['/sbin/start-stop-daemon', '/usr/bin/ischroot'];

/**
 * dpkg-maintscript-helper(1) sees to what an older version of the package has left. Where dpkg names none,
 * since the package is new, it does nothing, but for what it had set aside itself as `.dpkg-backup`; and
 * it takes six processes to find out, ninety times in a base. Every other call is its own.
 */
const HELPER: Stub = {
  path: '/usr/bin/dpkg-maintscript-helper',
  commands: `for last; do :; done
case "$1" in
  rm_conffile | mv_conffile | symlink_to_dir | dir_to_symlink)
    case "$last" in
      install | configure | '') [ -e "\${2%/}.dpkg-backup" ] || [ -L "\${2%/}.dpkg-backup" ] || exit 0 ;;
    esac ;;
esac
exec "$real" "$@"`,
};

export const STUBS: readonly Stub[] = [...SILENT.map(silent), HELPER];
