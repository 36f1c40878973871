#!/usr/bin/env bash
# A root file system with systemd-networkd and cloud-init, on a disk.
#
#   systemd.sh DIR    makes DIR/disk
#
# Needs debootstrap and e2fsprogs.
set -euo pipefail

here=$(realpath "$(dirname "$0")")
readonly here root=${VMCONF_CONSUMERS:-/var/cache/vmconf-consumers}

"$here/../../consumers/debootstrap.sh" "$root"
mke2fs -q -t ext4 -d "$root" "$1/disk" 1G
