#!/bin/sh
# PID 1 of a guest: brings up what the kernel left to it, does what the test
# asks for, and tells on the console what came of it.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null

# Whatever the kernel says from here on would stand amid what is told.
dmesg -n 1

# The shell, busybox's, would take its own.
ip() { /bin/ip "$@"; }

# A kernel of our own has none of them, and could load none.
if [ -e /proc/modules ]; then
  while read -r module; do insmod "/modules/$module.ko"; done </modules/order
fi
ip link set dev lo up

echo "== applied"
{ . /apply; } 2>&1
echo "exit code $?"
. /report.sh

# Whoever started the guest ends it; nobody may have stayed to do so.
sleep 120
reboot -f
