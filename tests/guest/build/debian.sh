#!/usr/bin/env bash
# Debian's kernel for clouds, and an initramfs of the programs that bring a
# network up: klibc's ipconfig, which reads ip= where the kernel does not, and
# iproute2. What PID 1 does comes with each guest, behind this initramfs.
#
#   debian.sh DIR    makes DIR/kernel and DIR/initramfs
#
# Needs busybox-static, cpio, iproute2 and klibc-utils.
set -euo pipefail

readonly dir=$PWD/$1 root=$PWD/root
# In the order in which they are loaded.
readonly modules=(
  failover net_failover
  virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_mmio
  virtio_net virtio_blk
)
readonly programs=(/bin/busybox /usr/lib/klibc/bin/ipconfig /bin/ip)

# The package of the newest one depends on it, and holds nothing itself.
image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^  Depends: \(linux-image-[^ ]*\)$/\1/p')
readonly image
apt-get -q -o APT::Sandbox::User=root download "$image"
dpkg -x "$image"_*.deb image
cp image/boot/vmlinuz-* "$dir/kernel"

mkdir -p "$root"/{bin,dev,etc,proc,run,sys,tmp}
cp "${programs[@]}" "$root/bin"
# The loaders and libraries of those that are not static stay at their paths.
for program in "${programs[@]}"; do
  { ldd "$program" || true; } 2>/dev/null
done | grep -o '/[^ ]*' | sort -u | xargs -r cp -L --parents -t "$root"
cp -L --parents /lib/klibc-*.so "$root"
chroot "$root" /bin/busybox --install -s /bin
chroot "$root" /bin/ip -V >/dev/null 2>&1

mkdir "$root/modules"
for module in "${modules[@]}"; do
  file=$(find image/lib/modules -name "$module.ko")
  cp "$file" "$root/modules"
  echo "$module" >>"$root/modules/order"
done

(cd "$root" && find . | cpio --quiet -o -H newc | gzip -9) >"$dir/initramfs"
