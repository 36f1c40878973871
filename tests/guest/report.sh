# What a guest has, in sections, for the test to read: sourced.
echo "== links"
ip -j link show
echo "== addresses"
ip -j address show
for family in -4 -6; do
  echo "== routes $family"
  ip "$family" -j route show table all
done
for file in /etc/resolv.conf /run/net-*.conf /run/systemd/netif/state /proc/net/pnp /proc/cmdline \
  /proc/sys/kernel/hostname /proc/sys/kernel/domainname; do
  [ -f "$file" ] || continue
  echo "== file $file"
  cat "$file"
done
echo "== log"
dmesg | sed -n '/IP-Config/p'
echo "== end"
