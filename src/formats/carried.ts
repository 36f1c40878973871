/**
 * Which format carries what: one table, from which losses, hints and the
 * README's table are made. A test holds each format to its line.
 */

/** What a format may carry of a configuration, and how people call it. */
export const FORMAT_FIELDS = {
  ifName: "name",
  mac: "MAC",
  mtu: "MTU",
  ipv4: "IPv4",
  ipv6: "IPv6",
  onLink: "gateway outside the subnet",
  routes: "routes",
  priority: "route priority",
  routeMtu: "route mtu",
  advmss: "route advmss",
  table: "route table",
  scope: "route scope",
  nameservers: "nameservers",
  search: "search domains",
  resolverOptions: "resolver options",
  several: "several NICs",
} as const;

/** A thing that a format may carry. */
export type FormatField = keyof typeof FORMAT_FIELDS;

/**
 * How a format carries a thing: `yes`; `part`, some of it, as the format itself
 * tells; `no`; or `guest`, which is not the business of what reads the format
 * but of another part of the guest, or of the VMM that it starts.
 */
export type SupportLevel = "yes" | "part" | "no" | "guest";

/** What one format carries. */
export type FormatSupport = Readonly<Record<FormatField, SupportLevel>>;

const EVERYTHING: FormatSupport = {
  ifName: "yes",
  mac: "yes",
  mtu: "yes",
  ipv4: "yes",
  ipv6: "yes",
  onLink: "yes",
  routes: "yes",
  priority: "yes",
  routeMtu: "yes",
  advmss: "yes",
  table: "yes",
  scope: "yes",
  nameservers: "yes",
  search: "yes",
  resolverOptions: "yes",
  several: "yes",
};

const NOTHING: FormatSupport = {
  ifName: "no",
  mac: "no",
  mtu: "no",
  ipv4: "no",
  ipv6: "no",
  onLink: "no",
  routes: "no",
  priority: "no",
  routeMtu: "no",
  advmss: "no",
  table: "no",
  scope: "no",
  nameservers: "no",
  search: "no",
  resolverOptions: "no",
  several: "no",
};

const GUESTS: FormatSupport = {
  ifName: "guest",
  mac: "guest",
  mtu: "guest",
  ipv4: "guest",
  ipv6: "guest",
  onLink: "guest",
  routes: "guest",
  priority: "guest",
  routeMtu: "guest",
  advmss: "guest",
  table: "guest",
  scope: "guest",
  nameservers: "guest",
  search: "guest",
  resolverOptions: "guest",
  several: "yes",
};

/** Every format's name, in the order in which they are listed to people. */
export const FORMAT_NAMES = [
  "json",
  "ip",
  "dracut",
  "networkd",
  "networkmanager",
  "netplan",
  "cloud-init",
  "ifupdown",
  "ip-batch",
  "resolv.conf",
  "firecracker",
  "jailer",
  "cloud-hypervisor",
  "qemu",
  "kata",
] as const;

/** The name of a format. */
export type FormatName = typeof FORMAT_NAMES[number];

/** What `ip=` carries of the first network interface. */
const IP: FormatSupport = {
  ...NOTHING,
  ifName: "yes",
  ipv4: "part",
  routes: "part",
  nameservers: "part",
};

/** What each format carries. */
export const FORMAT_SUPPORT: Readonly<Record<FormatName, FormatSupport>> = {
  json: EVERYTHING,
  ip: IP,
  dracut: {
    ...NOTHING,
    ifName: "yes",
    mac: "yes",
    mtu: "yes",
    ipv4: "part",
    ipv6: "part",
    onLink: "yes",
    routes: "yes",
    nameservers: "part",
    several: "yes",
  },
  networkd: { ...EVERYTHING, resolverOptions: "no" },
  networkmanager: { ...EVERYTHING, ifName: "part" },
  netplan: {
    ...EVERYTHING,
    advmss: "no",
    scope: "part",
    resolverOptions: "no",
  },
  "cloud-init": {
    ...EVERYTHING,
    onLink: "part",
    priority: "part",
    routeMtu: "part",
    advmss: "no",
    table: "part",
    scope: "part",
    resolverOptions: "no",
  },
  ifupdown: {
    ...EVERYTHING,
    nameservers: "part",
    search: "part",
    resolverOptions: "no",
  },
  "ip-batch": {
    ...EVERYTHING,
    nameservers: "no",
    search: "no",
    resolverOptions: "no",
  },
  "resolv.conf": {
    ...GUESTS,
    nameservers: "part",
    search: "yes",
    resolverOptions: "yes",
  },
  firecracker: {
    ...IP,
    ifName: "part",
    mac: "yes",
    mtu: "yes",
    several: "part",
  },
  jailer: GUESTS,
  "cloud-hypervisor": { ...GUESTS, mac: "yes", mtu: "part" },
  qemu: { ...GUESTS, mac: "yes", mtu: "yes" },
  kata: {
    ...NOTHING,
    ifName: "yes",
    mac: "yes",
    mtu: "yes",
    ipv4: "yes",
    ipv6: "yes",
    onLink: "yes",
    routes: "yes",
    scope: "yes",
    several: "yes",
  },
};

/** The formats that carry a thing whole, for people who need it. */
export function carriersOf(field: FormatField): FormatName[] {
  return FORMAT_NAMES.filter((name) =>
    name !== "json" && FORMAT_SUPPORT[name][field] === "yes"
  );
}
