/** What netplan has in common with cloud-init, which took its format over. */
import { printCidr } from "../ip/address.ts";
import type { Loss } from "./format.ts";
import { lossOf } from "./losses.ts";
import type { Nic, NicRoute } from "./nic.ts";
import { isInMainTable } from "./nic_routes.ts";

/** The settings of an Ethernet device, but for its name and its routes. */
export function ethernetOf({ mtu, addresses, nameservers, search }: Nic) {
  return {
    dhcp4: false,
    dhcp6: false,
    "accept-ra": false,
    mtu,
    addresses: addresses.map(({ cidr }) => printCidr(cidr)),
    nameservers: {
      addresses: nameservers.map(({ text }) => text),
      search,
    },
  };
}

/** A route in netplan's words. */
export function routeTo(route: NicRoute) {
  return {
    to: printCidr(route.dst),
    via: route.via?.text,
    "on-link": route.onLink || undefined,
    metric: route.priority,
    table: isInMainTable(route) ? undefined : route.table,
    scope: scopeOf(route),
    // The kernel takes 0 as unset.
    mtu: route.mtu || undefined,
  };
}

const SCOPES = new Map([[0, "global"], [253, "link"], [254, "host"]]);

/** Without next hop netplan wants the scope of the link, or a narrower one. */
function scopeOf({ via, scope }: NicRoute): string | undefined {
  const name = scope === undefined ? undefined : SCOPES.get(scope);
  if (via !== undefined) return name;
  return name === undefined || name === "global" ? "link" : name;
}

/** Finds scopes that netplan has no word for, or not without next hop. */
export function scopeLosses(nic: Nic): Loss[] {
  return nic.routes.flatMap((route) => {
    const { position, scope } = route;
    if (scope === undefined) return [];
    const name = SCOPES.get(scope);
    if (name !== undefined && name === scopeOf(route)) return [];
    return lossOf(
      nic,
      `vmRoutes[${position}].scope`,
      scope,
      "scope",
      "netplan knows the scopes 0, 253 and 254, and 0 only with a next hop",
    );
  });
}
