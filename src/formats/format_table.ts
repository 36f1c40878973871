/**
 * The one table of formats. Losses, hints, help, `vmconf formats` and the
 * tables of the READMEs are made from it. A test holds each format to its entry.
 */
import type { Format, FormatOption } from "./format.ts";

/** What a format may support of a configuration, and how people call it. */
export const FORMAT_FIELDS = {
  ifName: "name",
  mac: "MAC",
  mtu: "MTU",
  ipv4: "IPv4",
  ipv6: "IPv6",
  severalAddresses: "several addresses",
  onLink: "gateway outside the subnet",
  routes: "routes",
  linkRoutes: "route without gateway",
  otherFamily: "routes and nameservers without an address of their family",
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

/** A thing that a format may support. */
export type FormatField = keyof typeof FORMAT_FIELDS;

/**
 * How well a format supports a field: `yes`; `part`, in some cases; `no`; or
 * `guest`: another part of the guest configures it, or the VMM.
 */
export type SupportLevel = "yes" | "part" | "no" | "guest";

/** What one format supports. */
export type FormatSupport = Readonly<Record<FormatField, SupportLevel>>;

/** A format, as the table describes it. */
export interface FormatEntry {
  /** What it is, in a few words. */
  readonly summary: string;
  /** Its options; each is also a flag of the command, in kebab case. */
  readonly options: Readonly<Record<string, FormatOption>>;
  /** What it supports; `rest` stands for all fields that are not listed. */
  readonly support:
    & { readonly rest: SupportLevel }
    & Readonly<Partial<FormatSupport>>;
  /** Loads its code; {@linkcode loadFormat} does the same with exact types. */
  readonly load: () => Promise<Format>;
}

const BOOT_ARGS: FormatOption = {
  value: "LINE",
  summary: "a kernel command line to add the parameters to",
};

/**
 * Every format, by its name, in the order in which they are listed to people.
 * A new format is its file, its test and one entry here.
 */
export const FORMATS = {
  json: {
    summary: "the StaticNetworkConf, for programs",
    options: {},
    support: { rest: "yes" },
    load: (): Promise<Format> => import("./json.ts"),
  },
  ip: {
    summary: "the kernel's ip= boot parameter",
    options: {
      /** A kernel command line that the parameter is put into. */
      bootArgs: BOOT_ARGS,
    },
    support: {
      rest: "no",
      ifName: "yes",
      ipv4: "part",
      routes: "part",
      nameservers: "part",
    },
    load: (): Promise<Format> => import("./ip.ts"),
  },
  dracut: {
    summary: "ip=, rd.route=, nameserver=, ifname= as dracut knows them",
    options: {
      /**
       * What reads the parameters in the guest: `dracut` (its network-legacy
       * module; the others read that too), `systemd` or `networkmanager`.
       */
      dialect: {
        value: "dracut|systemd|networkmanager",
        summary: "the program that reads them in the guest",
      },
      /** A kernel command line that the parameters are put into. */
      bootArgs: BOOT_ARGS,
    },
    support: {
      rest: "no",
      ifName: "yes",
      mac: "yes",
      mtu: "yes",
      ipv4: "yes",
      ipv6: "yes",
      severalAddresses: "part",
      onLink: "yes",
      routes: "yes",
      linkRoutes: "part",
      otherFamily: "part",
      nameservers: "part",
      several: "yes",
    },
    load: (): Promise<Format> => import("./dracut.ts"),
  },
  networkd: {
    summary: "systemd-networkd units",
    options: {},
    support: { rest: "yes", resolverOptions: "no" },
    load: (): Promise<Format> => import("./networkd.ts"),
  },
  networkmanager: {
    summary: "NetworkManager keyfiles",
    options: {},
    support: { rest: "yes", ifName: "part", otherFamily: "no" },
    load: (): Promise<Format> => import("./networkmanager.ts"),
  },
  netplan: {
    summary: "netplan's YAML, for systemd-networkd",
    options: {},
    support: {
      rest: "yes",
      advmss: "no",
      scope: "part",
      resolverOptions: "no",
    },
    load: (): Promise<Format> => import("./netplan.ts"),
  },
  "cloud-init": {
    summary: "cloud-init's network-config, and with -o a NoCloud seed",
    options: {
      /** The guest's host name; unset: the image's own. */
      hostname: { value: "NAME", summary: "the guest's host name" },
      /**
       * The instance's id: cloud-init configures the network again when it is
       * not the one of the last boot. Unset: made from the VM's first address.
       */
      instanceId: {
        value: "ID",
        summary:
          "the instance's id; cloud-init configures the network again if it changes",
      },
    },
    support: {
      rest: "yes",
      onLink: "part",
      linkRoutes: "part",
      priority: "part",
      routeMtu: "part",
      advmss: "no",
      table: "part",
      scope: "part",
      resolverOptions: "no",
    },
    load: (): Promise<Format> => import("./cloud_init.ts"),
  },
  ifupdown: {
    summary: "/etc/network/interfaces of a Debian guest",
    options: {},
    support: {
      rest: "yes",
      nameservers: "part",
      search: "part",
      resolverOptions: "no",
    },
    load: (): Promise<Format> => import("./ifupdown.ts"),
  },
  "ip-batch": {
    summary: "commands for ip -batch in the guest; may be run again",
    options: {},
    support: {
      rest: "yes",
      nameservers: "no",
      search: "no",
      resolverOptions: "no",
    },
    load: (): Promise<Format> => import("./ip_batch.ts"),
  },
  "resolv.conf": {
    summary: "/etc/resolv.conf of the guest, and nothing but it",
    options: {},
    support: {
      rest: "guest",
      nameservers: "part",
      search: "yes",
      resolverOptions: "yes",
      several: "yes",
    },
    load: (): Promise<Format> => import("./resolv_conf.ts"),
  },
  firecracker: {
    summary: "Firecracker's network-interfaces, and boot_args with ip=",
    options: {
      /**
       * A kernel command line that `ip=` is put into. Give it: `boot_args`
       * replaces Firecracker's own default command line.
       */
      bootArgs: BOOT_ARGS,
      /** Firecracker's version, such as `1.15`; unset: 1.16 or later. */
      firecrackerVersion: {
        value: "VERSION",
        summary: "Firecracker's version; before 1.16 it has no MTU",
      },
    },
    support: {
      rest: "no",
      ifName: "part",
      mac: "yes",
      mtu: "yes",
      ipv4: "part",
      routes: "part",
      nameservers: "part",
      several: "part",
    },
    load: (): Promise<Format> => import("./firecracker.ts"),
  },
  jailer: {
    summary: "arguments of Firecracker's jailer: the network namespace",
    options: {},
    support: { rest: "guest", several: "yes" },
    load: (): Promise<Format> => import("./jailer.ts"),
  },
  "cloud-hypervisor": {
    summary: "arguments of Cloud Hypervisor: --net, and its API's JSON",
    options: {},
    support: { rest: "guest", mac: "yes", mtu: "part", several: "yes" },
    load: (): Promise<Format> => import("./cloud_hypervisor.ts"),
  },
  qemu: {
    summary: "arguments of QEMU: -netdev and -device",
    options: {
      /**
       * The device: `virtio-net-pci` (unset), or `virtio-net-device` for
       * machines with virtio-mmio, such as `microvm`.
       */
      qemuDevice: {
        value: "virtio-net-pci|virtio-net-device",
        summary: "the kind of device (default: virtio-net-pci)",
      },
    },
    support: { rest: "guest", mac: "yes", mtu: "yes", several: "yes" },
    load: (): Promise<Format> => import("./qemu.ts"),
  },
  kata: {
    summary: "requests to Kata's agent: UpdateInterface, UpdateRoutes",
    options: {},
    support: {
      rest: "yes",
      priority: "no",
      routeMtu: "no",
      advmss: "no",
      table: "no",
      nameservers: "no",
      search: "no",
      resolverOptions: "no",
    },
    load: (): Promise<Format> => import("./kata.ts"),
  },
} as const satisfies Readonly<Record<string, FormatEntry>>;

/** The name of a format. */
export type FormatName = keyof typeof FORMATS;

/** The options of a format, by its name. */
export type FormatOptions<Name extends FormatName> = {
  readonly [Option in keyof typeof FORMATS[Name]["options"]]?: string;
};

/** Every format's name, in the table's order. */
export const FORMAT_NAMES: readonly FormatName[] = Object.keys(
  FORMATS,
) as FormatName[];

/** What each format supports of each field. */
export const FORMAT_SUPPORT: Readonly<Record<FormatName, FormatSupport>> =
  Object.fromEntries(
    Object.entries<FormatEntry>(FORMATS).map(([name, { support }]) => [
      name,
      Object.fromEntries(
        Object.keys(FORMAT_FIELDS).map((field) => [
          field,
          support[field as FormatField] ?? support.rest,
        ]),
      ),
    ]),
  ) as Record<FormatName, FormatSupport>;

/**
 * Loads a format, and no other one.
 *
 * @param name The format's name.
 * @returns The format; its `render` is synchronous and pure.
 *
 * @example Usage
 * ```ts
 * import { loadFormat } from "@cni/vmconf/formats";
 * import { assertEquals } from "@std/assert";
 *
 * const { render } = await loadFormat("resolv.conf");
 * const { files } = render([{
 *   tapName: "tap0",
 *   netNSPath: "/run/netns/a",
 *   vmMtu: 1500,
 *   vmIpConfigs: [{ address: "10.0.0.2/24" }],
 *   vmRoutes: [],
 *   vmNameservers: ["10.0.0.53"],
 *   vmSearchDomains: [],
 *   vmResolverOptions: [],
 * }]);
 * assertEquals(files[0]?.text, "nameserver 10.0.0.53\n");
 * ```
 */
export async function loadFormat<Name extends FormatName>(
  name: Name,
): Promise<Format<FormatOptions<Name>>> {
  return await FORMATS[name].load();
}
