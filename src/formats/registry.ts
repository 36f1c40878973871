/**
 * Every format, by its name.
 *
 * This door is pure: it needs no permission and runs in a browser too.
 *
 * @example Usage
 * ```ts
 * import { FORMATS } from "@cni/vmconf/formats";
 * import { assertEquals } from "@std/assert";
 *
 * const { files, lost } = FORMATS.ip.render([{
 *   tapName: "tap0",
 *   netNSPath: "/run/netns/a",
 *   vmMtu: 1500,
 *   vmIpConfigs: [{ address: "10.0.0.2/24", gateway: "10.0.0.1" }],
 *   vmRoutes: [],
 *   vmNameservers: [],
 *   vmSearchDomains: [],
 *   vmResolverOptions: [],
 * }]);
 * assertEquals(files[0]?.text, "ip=10.0.0.2::10.0.0.1:255.255.255.0:::off\n");
 * assertEquals(lost.map(({ field }) => field), ["vmMtu"]);
 * ```
 *
 * @module
 */
import type { FormatName } from "./carried.ts";
import { cloudInit, type CloudInitOptions } from "./cloud_init.ts";
import { cloudHypervisor } from "./cloud_hypervisor.ts";
import { dracut, type DracutOptions } from "./dracut.ts";
import { firecracker, type FirecrackerOptions } from "./firecracker.ts";
import type { Format } from "./format.ts";
import { ifupdown } from "./ifupdown.ts";
import { ip, type IpOptions } from "./ip.ts";
import { ipBatch } from "./ip_batch.ts";
import { jailer } from "./jailer.ts";
import { json } from "./json.ts";
import { netplan } from "./netplan.ts";
import { networkd } from "./networkd.ts";
import { networkmanager } from "./networkmanager.ts";
import { kata } from "./kata.ts";
import { qemu, type QemuOptions } from "./qemu.ts";
import { resolvConf } from "./resolv_conf.ts";

export type { Route } from "../cni/result.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "../errors.ts";
export type { StaticNetworkConf, VmIpConfig } from "../vmconf/conf.ts";
export {
  FORMAT_FIELDS,
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  type FormatField,
  type FormatName,
  type FormatSupport,
  type SupportLevel,
} from "./carried.ts";
export type { CloudInitOptions } from "./cloud_init.ts";
export type { DracutOptions } from "./dracut.ts";
export type { FirecrackerOptions } from "./firecracker.ts";
export type {
  Format,
  FormatOption,
  Loss,
  NoOptions,
  RenderedFile,
  RenderResult,
} from "./format.ts";
export type { IpOptions } from "./ip.ts";
export { ipBootParam } from "./ip_param.ts";
export type { QemuOptions } from "./qemu.ts";

/** The formats, in the order in which they are listed to people. */
export const FORMATS: Formats = {
  json,
  ip,
  dracut,
  networkd,
  networkmanager,
  netplan,
  "cloud-init": cloudInit,
  ifupdown,
  "ip-batch": ipBatch,
  "resolv.conf": resolvConf,
  firecracker,
  jailer,
  "cloud-hypervisor": cloudHypervisor,
  qemu,
  kata,
};

/** Every format, by its name. */
export interface Formats extends Readonly<Record<FormatName, Format>> {
  /** The StaticNetworkConf itself, for programs. */
  readonly json: Format;
  /** The kernel's `ip=` boot parameter. */
  readonly ip: Format<IpOptions>;
  /** Parameters that dracut and its likes read. */
  readonly dracut: Format<DracutOptions>;
  /** systemd-networkd's units. */
  readonly networkd: Format;
  /** NetworkManager's keyfiles. */
  readonly networkmanager: Format;
  /** netplan's YAML. */
  readonly netplan: Format;
  /** cloud-init's network-config, and the other files of a seed. */
  readonly "cloud-init": Format<CloudInitOptions>;
  /** The `interfaces` file of a Debian guest. */
  readonly ifupdown: Format;
  /** Commands for `ip -batch` in the guest. */
  readonly "ip-batch": Format;
  /** The guest's `resolv.conf`. */
  readonly "resolv.conf": Format;
  /** Firecracker's network interfaces, and boot arguments. */
  readonly firecracker: Format<FirecrackerOptions>;
  /** Arguments of Firecracker's jailer. */
  readonly jailer: Format;
  /** Arguments of Cloud Hypervisor, and its API's JSON. */
  readonly "cloud-hypervisor": Format;
  /** Arguments of QEMU. */
  readonly qemu: Format<QemuOptions>;
  /** Requests to the agent of Kata Containers. */
  readonly kata: Format;
}
