/** The `ip` format: the kernel's parameter, as it stands on a command line. */
import type { Route } from "../cni/result.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { lineLosses, mergeBootArgs } from "./boot_args.ts";
import type { Loss, RenderResult } from "./format.ts";
import { ipBootParam } from "./ip_param.ts";
import { carriedNameserversOf, MOST_NAMESERVERS } from "./ip_param_values.ts";
import { lossesOf, lossOf } from "./losses.ts";
import { type Nic, nicsOf } from "./nic.ts";
import type { FormatOptions } from "./table.ts";

/** Renders the `ip` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { bootArgs = "" }: FormatOptions<"ip"> = {},
): RenderResult {
  const nics = nicsOf(confs);
  const line = mergeBootArgs(bootArgs, nics.slice(0, 1).map(parameterOf));
  return {
    files: [{ name: "ip.cmdline", text: `${line}\n` }],
    lost: [...ipLossesOf(nics), ...lineLosses(line)],
  };
}

/** The parameter of a network interface. */
export function parameterOf({ conf }: Nic): string {
  return `ip=${ipBootParam(conf)}`;
}

/** What `ip=` leaves out; it is for the first interface of the VM alone. */
function ipLossesOf(nics: readonly Nic[]): Loss[] {
  return [
    ...lossesOf("ip", nics),
    ...nics.slice(0, 1).flatMap(ipPartLosses),
  ];
}

/** Finds what `ip=` leaves out of the things that it carries in part. */
export function ipPartLosses(nic: Nic): Loss[] {
  return [...routeLosses(nic), ...nameserverLosses(nic)];
}

function routeLosses(nic: Nic): Loss[] {
  const gateway = gatewayOf(nic);
  return nic.conf.vmRoutes.flatMap((route, position) =>
    isImplied(route, gateway) ? [] : lossOf(
      nic,
      `vmRoutes[${position}]`,
      route,
      "routes",
      "ip= has no field for it",
    )
  );
}

function gatewayOf({ addresses }: Nic): string | undefined {
  return addresses.find(({ cidr }) => cidr.family === 4)?.gateway?.text;
}

/** The gateway field makes the default route, and no other. */
function isImplied(route: Route, gateway: string | undefined): boolean {
  const { dst, gw, ...attributes } = route;
  return dst === "0.0.0.0/0" && gateway !== undefined &&
    (gw === undefined || gw === gateway) &&
    Object.keys(attributes).length === 0;
}

function nameserverLosses(nic: Nic): Loss[] {
  const carried = carriedNameserversOf(nic.conf);
  return nic.nameservers.flatMap(({ text }, position) =>
    carried.includes(text) ? [] : lossOf(
      nic,
      `vmNameservers[${position}]`,
      nic.conf.vmNameservers[position],
      "nameservers",
      `ip= has fields for ${MOST_NAMESERVERS} IPv4 nameservers`,
    )
  );
}
