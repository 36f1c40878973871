/**
 * Turns the result of a CNI chain into all that is needed to start a microVM
 * on that network.
 *
 * The conversion is pure: with `mtu` given it needs no permission. Only when
 * the kernel is to be asked for the tap's MTU is a library loaded, by FFI.
 * Importing this module loads nothing and asks for nothing.
 *
 * @example From a CNI result to the kernel's `ip=`
 * ```ts
 * import { ipBootParam, staticNetworkConfFrom } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * const result = `{
 *   "cniVersion": "1.0.0",
 *   "interfaces": [
 *     { "name": "tap0", "sandbox": "/run/netns/a" },
 *     { "name": "tap0", "sandbox": "vm-1", "mac": "02:00:00:00:00:01" }
 *   ],
 *   "ips": [{ "interface": 1, "address": "10.0.0.2/24", "gateway": "10.0.0.1" }]
 * }`;
 * const conf = staticNetworkConfFrom(result, "vm-1", { mtu: 1500 });
 * assertEquals(
 *   `ip=${ipBootParam(conf)}`,
 *   "ip=10.0.0.2::10.0.0.1:255.255.255.0:::off",
 * );
 * ```
 *
 * @module
 */
export {
  type CniDns,
  type CniInterface,
  type CniIpConfig,
  type CniResult,
  cniResultSchema,
  parseResult,
  type ParseResultOptions,
  type Route,
} from "./src/cni/result.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "./src/errors.ts";
export {
  type Format,
  FORMAT_NAMES,
  type FormatEntry,
  type FormatField,
  type FormatName,
  type FormatOption,
  type FormatOptions,
  FORMATS,
  type FormatSupport,
  ipBootParam,
  loadFormat,
  type Loss,
  type RenderedFile,
  type RenderResult,
  type SupportLevel,
} from "./src/formats/mod.ts";
export {
  type MtuReader,
  type MtuReaderOptions,
  type NetnsDevice,
  openMtuReader,
  readMtu,
} from "./src/linux/mtu.ts";
export {
  parseStaticNetworkConf,
  type StaticNetworkConf,
  staticNetworkConfSchema,
  type VmIpConfig,
} from "./src/vmconf/conf.ts";
export type {
  MtuSource,
  StaticNetworkConfOptions,
} from "./src/vmconf/conversion.ts";
export { staticNetworkConfFrom } from "./src/vmconf/from_result.ts";
export {
  findInterfaceIps,
  findVmTapPair,
  type VmTapPair,
} from "./src/vmconf/pair.ts";
