#!/usr/bin/env bash
# Makes a folder with the programs that read the formats, for the tests to run
# in a chroot: packages that would take over the network of the machine itself.
#
#   debootstrap.sh [DIR]    as root; DIR: $VMCONF_CONSUMERS or the default below
#
# A folder that is complete is left alone. No service is ever started in it.
set -euo pipefail

readonly dir=${1:-${VMCONF_CONSUMERS:-/var/cache/vmconf-consumers}}
readonly suite=bookworm
readonly packages=(
  cloud-init
  dbus
  dracut-network
  ifupdown
  iproute2
  klibc-utils
  netplan.io
  network-manager
  systemd
  # Of packages that only provide what others depend on, debootstrap picks none.
  libpam-systemd
  python3-cffi-backend
)
readonly include=$(IFS=,; echo "${packages[*]}")
# Names what the folder was made of: another list makes another folder.
readonly stamp=.vmconf-consumers contents="$suite $include"

mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9

if [ "$(cat "$dir/$stamp" 2>/dev/null)" = "$contents" ]; then
  exit
fi
if [ -e "$dir" ] && [ ! -e "$dir/$stamp" ]; then
  echo "$dir: expected a folder made by this script, or nothing" >&2
  exit 1
fi

readonly unfinished=$dir.unfinished
rm -rf --one-file-system "$unfinished"
debootstrap --variant=minbase --include="$include" "$suite" "$unfinished"
rm -rf "$unfinished"/var/cache/apt/archives/*.deb "$unfinished"/var/lib/apt/lists/*
printf '%s\n' "$contents" >"$unfinished/$stamp"
rm -rf --one-file-system "$dir"
mv "$unfinished" "$dir"
