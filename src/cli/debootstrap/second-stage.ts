/**
 * The second stage of `--foreign`, which runs in the base: POSIX sh that needs nothing but the packages of the first
 * stage. dpkg installs them in debootstrap's order, so that a base of two stages is equal to one of debootstrap.
 */
export const SECOND_STAGE = `#!/bin/sh
# Completes the base that this is in: debootstrap --second-stage, written by mkbase.
set -e
umask 022
unset TMPDIR || true
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LANG=C LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
export PATH LANG LC_ALL DEBIAN_FRONTEND DEBCONF_NONINTERACTIVE_SEEN

fail() {
  echo "E: $1"
  exit 1
}

root= keep= stage=
while [ $# -gt 0 ]; do
  case "$1" in
    --second-stage) stage=2 ;;
    --second-stage-target=*) root=\${1#*=} ;;
    --second-stage-target)
      root=$2
      shift
      ;;
    --keep-debootstrap-dir) keep=yes ;;
    --help)
      echo "Usage: $0 --second-stage [--second-stage-target=DIR] [--keep-debootstrap-dir]"
      exit 0
      ;;
    # What the first stage was given is known.
    --arch | --variant | --include | --exclude | --components | --extra-suites | --keyring | --cache-dir | --extractor) shift ;;
    --*) ;;
    *) break ;;
  esac
  shift
done
[ "$stage" = 2 ] || fail "this is the second stage: give --second-stage"
[ "$(id -u)" = 0 ] || fail "debootstrap can only run as root"

root=\${root%/}
own=$root/debootstrap
[ -e "$own/debpaths" ] || fail "$own has no first stage"
[ ! -e "$own/completed" ] || fail "the second stage has been run: $own/completed is there"
mkdir "$own/running" 2>/dev/null || fail "the second stage is running, or was killed: $own/running is there"

log=$own/debootstrap.log
exec 3>&1 >>"$log" 2>&1
say() {
  echo "$*"
  echo "$*" >&3
}
mounted=
leave() {
  status=$?
  for place in $mounted; do umount "$root$place" || true; done
  rmdir "$own/running" 2>/dev/null || true
  [ $status = 0 ] || say "W: See $log for details"
}
trap leave EXIT

in_base() {
  if [ -n "$root" ]; then chroot "$root" "$@"; else "$@"; fi
}
# An empty line answers every question.
answers() {
  while echo; do :; done 2>/dev/null
}
dpkg_in_base() {
  answers | in_base dpkg "$@"
}
debs_of() {
  for package; do
    while read -r name path; do
      [ "$name" != "$package" ] || echo "$path"
    done <"$own/debpaths"
  done
}
core() {
  deb=$(debs_of "$1")
  [ -z "$deb" ] || dpkg_in_base --force-depends --install $deb || { say "E: cannot install $1"; exit 1; }
}

in_base true || { say "E: programs of the base cannot run on this machine"; exit 1; }
if [ ! -e "$root/proc/self" ] && in_base mount -t proc proc /proc; then mounted="/proc"; fi
if [ ! -e "$root/sys/kernel" ] && in_base mount -t sysfs sysfs /sys; then mounted="/sys $mounted"; fi
in_base ldconfig

required=$(cat "$own/required")
base=$(cat "$own/base")
variant=$(cat "$own/variant" 2>/dev/null || echo -)
db=$root/var/lib/dpkg

say "I: Installing core packages..."
if [ ! -s "$db/status" ]; then
  # dpkg installs nothing, itself neither, while it does not find itself installed.
  mkdir -p "$db/info"
  version=$(in_base dpkg-deb -f "$(debs_of dpkg)" Version)
  printf 'Package: dpkg\\nVersion: %s\\nMaintainer: unknown\\nStatus: install ok installed\\n' "$version" >"$db/status"
  : >"$db/info/dpkg.list"
fi
# base-files needs an awk, which is an alternative of mawk's postinst.
[ -e "$root/usr/bin/awk" ] || ln -s mawk "$root/usr/bin/awk"
core base-passwd
core base-files
core dpkg
[ -e "$root/etc/localtime" ] || ln -sf /usr/share/zoneinfo/UTC "$root/etc/localtime"
core libc6
core libc6.1
core perl-base
[ "$(readlink "$root/usr/bin/awk")" != mawk ] || rm "$root/usr/bin/awk"
core mawk
[ "$variant" != - ] || core debconf

say "I: Unpacking required packages..."
tries=1
until dpkg_in_base --force-depends --unpack $(debs_of $required); do
  [ $tries -lt 5 ] || { say "E: cannot unpack the required packages"; exit 1; }
  tries=$((tries + 1))
done

say "I: Configuring required packages..."
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
daemon=$root/sbin/start-stop-daemon
if [ -e "$daemon" ] && [ ! -e "$daemon.REAL" ]; then
  mv "$daemon" "$daemon.REAL"
  printf '#!/bin/sh\\necho\\necho "Warning: start-stop-daemon does nothing here"\\n' >"$daemon"
  chmod 755 "$daemon"
fi
echo "apt apt" >"$db/cmethopt"
chmod 644 "$db/cmethopt"
dpkg_in_base --configure --pending --force-configure-any --force-depends ||
  { say "E: cannot configure the required packages"; exit 1; }

cat "$own/available" >"$db/available"
for package in $required $base; do echo "$package install"; done | in_base dpkg --set-selections
if [ -n "$base" ]; then
  say "I: Unpacking the base system..."
  # A package whose pre-dependencies are not configured is refused: those that are unpacked are configured, then it is tried again.
  tries=1
  until dpkg_in_base --force-overwrite --force-confold --skip-same-version --unpack $(debs_of $base); do
    [ $tries -lt 10 ] || { say "E: cannot unpack the base system"; exit 1; }
    tries=$((tries + 1))
    dpkg_in_base --force-confold --skip-same-version --configure -a || true
  done
  say "I: Configuring the base system..."
  tries=1
  until dpkg_in_base --force-confold --skip-same-version --configure -a; do
    [ $tries -lt 5 ] || { say "E: cannot configure the base system"; exit 1; }
    tries=$((tries + 1))
  done
fi
[ ! -e "$daemon.REAL" ] || mv "$daemon.REAL" "$daemon"
rm -f "$root/usr/sbin/policy-rc.d"

say "I: Base system installed successfully."
if [ -n "$keep" ]; then
  : >"$own/completed"
  chmod 644 "$own/debootstrap"
  cp "$log" "$root/var/log/bootstrap.log"
else
  mv "$log" "$root/var/log/bootstrap.log"
  rm -rf "$own"
fi
`;
