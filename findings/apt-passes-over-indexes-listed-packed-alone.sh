#!/usr/bin/env bash
# apt 2.6.1 reads no index whose Release lists Packages.xz and not Packages, and says nothing.
#
# Behaviour: an index counts as there when Release has the sum of the plain file, though that file need not be on the
#   server and only the packed one is fetched. Where Release lists the packed file alone, `apt-get update` succeeds without
#   a warning, and no package of the archive is known. `apt-ftparchive release` writes such a Release where the plain
#   file was removed before.
# Seen: listed packed alone: update 0, packages 0; listed both ways: update 0, packages 1. The archive is the same.
# Needs: apt-get with the sources of Debian bookworm (skipped with status 77 where it has no apt 2.6.1), xz, dpkg-deb.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -q apt=2.6.1 libapt-pkg6.0=2.6.1 >/dev/null 2>&1 || exit 77
for deb in *.deb; do dpkg-deb -x "$deb" program; done
mkdir -p archive/dists/stable/main/binary-amd64
printf 'Package: a\nVersion: 1\nArchitecture: amd64\nFilename: a.deb\nSize: 1\nSHA256: %064d\nDescription: x\n' 0 >Packages
xz -k Packages
cp Packages.xz archive/dists/stable/main/binary-amd64
listed() {
  for file; do echo " $(sha256sum <"$file" | cut -c-64) $(stat -c %s "$file") main/binary-amd64/$file"; done
}
# What apt knows of the archive when Release lists these files.
packages() {
  { printf 'Codename: stable\nSuite: stable\nArchitectures: amd64\nComponents: main\n'
    echo "Date: $(date -Ru | sed 's/+0000/UTC/')"; echo SHA256:; listed "$@"; } >archive/dists/stable/Release
  rm -rf root
  mkdir -p root/etc/{apt.conf.d,preferences.d,sources.list.d} root/state/lists/partial root/cache/archives/partial
  touch root/status
  echo "deb [trusted=yes] copy:$folder/archive stable main" >root/etc/sources.list
  cat >apt.conf <<END
Dir::Etc "$folder/root/etc"; Dir::State "$folder/root/state"; Dir::Cache "$folder/root/cache";
Dir::State::status "$folder/root/status"; Dir::Bin::methods "$folder/program/usr/lib/apt/methods";
APT::Architecture "amd64"; APT::Architectures "amd64"; APT::Sandbox::User "root"; Acquire::Languages "none";
END
  export APT_CONFIG=$folder/apt.conf LD_LIBRARY_PATH=$folder/program/usr/lib/x86_64-linux-gnu
  program/usr/bin/apt-get update >said 2>&1
  ! grep -E '^[WE]:' said >&2
  program/usr/bin/apt-cache pkgnames | grep -c '^a$' || true
}
packed=$(packages Packages.xz)
both=$(packages Packages Packages.xz)
echo "listed packed alone: packages $packed; listed both ways: packages $both"
[ "$packed" = 0 ] && [ "$both" = 1 ]
