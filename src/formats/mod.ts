/**
 * The public API of the formats. `format_table.ts` lists them, and each has a file
 * of its own.
 *
 * This entry point is pure: it needs no permission, and also runs in a browser.
 *
 * @example Usage
 * ```ts
 * import { loadFormat } from "@cni/vmconf/formats";
 * import { assertEquals } from "@std/assert";
 *
 * const { render } = await loadFormat("ip");
 * const { files, lost } = render([{
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
export type { Route } from "../cni/result.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "../errors.ts";
export type { StaticNetworkConf, VmIpConfig } from "../vmconf/conf.ts";
export type {
  Format,
  FormatOption,
  Loss,
  RenderedFile,
  RenderResult,
} from "./format.ts";
export { ipBootParam } from "./ip_param.ts";
export {
  FORMAT_FIELDS,
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  type FormatEntry,
  type FormatField,
  type FormatName,
  type FormatOptions,
  FORMATS,
  type FormatSupport,
  loadFormat,
  type SupportLevel,
} from "./format_table.ts";
