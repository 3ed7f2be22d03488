#!/usr/bin/env bash
# supermin 5.2.2 makes a root filesystem without the packages that others Pre-Depend on by a virtual name, and says nothing.
#
# Behaviour: `supermin --build` follows Depends and Pre-Depends in dpkg's database. A name that no installed package has, and
#   that one provides, is passed over. Debian's base-files has `Pre-Depends: awk`, which mawk (or gawk) provides.
# Seen: `--prepare --use-installed base-files`, then `--build -f chroot`: status 0 both times, no output, a root with the files of
#   base-files and no awk. dpkg would not unpack base-files there ("pre-dependency problem").
# Needs: Debian bookworm with its apt sources and an installed provider of awk (skipped with status 77 without).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
dpkg-query -f '${Pre-Depends}\n' -W base-files 2>/dev/null | grep -qx awk || exit 77
dpkg-query -f '${db:Status-Abbrev} ${Provides}\n' -W 2>/dev/null | grep -Eq '^ii .*\bawk\b' || exit 77
apt-get download -q supermin=5.2.2-1+b12 >/dev/null 2>&1 || exit 77
dpkg-deb -x supermin_*.deb program
supermin=program/usr/bin/supermin
"$supermin" --prepare --use-installed base-files -o prepared >said 2>&1
"$supermin" --build -f chroot prepared -o root >>said 2>&1
[ ! -s said ] || { echo "it has something to say now:"; cat said; exit 1; }
[ -e root/etc/debian_version ] || { echo "base-files is missing"; exit 1; }
if find root | grep -Eq '/(m|g)?awk$'; then
  echo "awk is there now"
  exit 1
fi
echo "as described: base-files is there, awk is not, and nothing was said"
