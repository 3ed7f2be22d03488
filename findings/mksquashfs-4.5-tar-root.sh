#!/bin/bash
# mksquashfs 4.5.1 (Debian bookworm's squashfs-tools 1:4.5.1-1), reading a tar: `-root-uid`, `-root-gid` and
# `-root-time` are taken and have no effect, and the root's own entry of the tar is skipped. The root directory belongs
# to the user who runs it and has the present time, so the same tar gives other bytes each time, `-mkfs-time` or not.
# With a directory as its source the options work; with tars they do since 4.6.
#
# Output seen: / D 1796076698 751 1001 1001     (run by the user 1001, with -root-uid 0 -root-gid 0 -root-time 50)
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq squashfs-tools=1:4.5.1-1
dpkg-deb -x squashfs-tools_*.deb tools
bin=$work/tools/usr/bin
mkdir tree
echo content >tree/file
tar -C tree --owner=0 --group=0 --mtime=@1000000000 -cf in.tar .
root_of() { "$bin/unsquashfs" -pf list "$1" >/dev/null && grep -a '^/ D' list; }
options=(-comp gzip -root-mode 751 -root-uid 7 -root-gid 8 -root-time 50 -mkfs-time 5 -quiet -no-progress)
"$bin/mksquashfs" - tar.squashfs -tar "${options[@]}" <in.tar 2>/dev/null
"$bin/mksquashfs" tree directory.squashfs "${options[@]}" >/dev/null
echo "of a tar:       $(root_of tar.squashfs)"
echo "of a directory: $(root_of directory.squashfs)"
[ "$(root_of directory.squashfs)" = '/ D 50 751 7 8' ]
[[ "$(root_of tar.squashfs)" == "/ D "*" 751 $(id -u) $(id -g)" && "$(root_of tar.squashfs)" != '/ D 50 '* ]]
