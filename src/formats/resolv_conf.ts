/**
 * The `resolv.conf` format: what a guest's resolver reads.
 *
 * Source: resolv.conf(5), glibc's resolv/res_init.c. Of `domain` and `search`
 * the last line wins, and so does the last one of an option; there are neither
 * quotes nor escapes. With `domain` left out, the first one of `search` is it.
 */
import type { Ip } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { Loss, RenderResult } from "./format.ts";
import { lossesOf, lossOf } from "./losses.ts";
import { type Nic, nicsOf } from "./nic.ts";
import { isLinkLocal } from "./nic_routes.ts";
import { checked, listSome } from "./values.ts";

/** MAXNS of glibc and of musl: the servers behind are never asked. */
const MOST_NAMESERVERS = 3;

/** Renders the `resolv.conf` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = nicsOf(confs);
  const servers = nameserversOf(nics);
  const options = optionsOf(nics);
  const search = new Set(nics.flatMap((nic) => nic.search));
  const text = [
    lineOf("search", [...search]),
    ...servers.asked.map((server) => lineOf("nameserver", [server])),
    lineOf("options", options.kept),
  ].join("");
  return {
    files: [{ name: "resolv.conf", text }],
    lost: [
      ...lossesOf("resolv.conf", nics),
      ...servers.lost,
      ...options.lost,
    ],
  };
}

function lineOf(keyword: string, values: readonly string[]): string {
  return values.length === 0 ? "" : `${keyword} ${values.join(" ")}\n`;
}

function nameserversOf(
  nics: readonly Nic[],
): { asked: string[]; lost: Loss[] } {
  const asked = new Set<string>();
  const lost: Loss[] = [];
  for (const nic of nics) {
    for (const [position, ip] of nic.nameservers.entries()) {
      const server = nameserverText(nic, ip, "resolv.conf");
      if (asked.has(server)) continue;
      if (asked.size < MOST_NAMESERVERS) asked.add(server);
      else {
        lost.push(lossOf(
          nic,
          `vmNameservers[${position}]`,
          nic.conf.vmNameservers[position],
          "nameservers",
          `resolvers ask the first ${MOST_NAMESERVERS} nameservers alone`,
        ));
      }
    }
  }
  return { asked: [...asked], lost };
}

/**
 * Writes a nameserver for a resolver; a link-local one is of use only together
 * with the interface that leads there.
 */
export function nameserverText(
  { nameOrDefault, path }: Nic,
  ip: Ip,
  format: string,
): string {
  if (!isLinkLocal(ip)) return ip.text;
  const zone = checked(
    nameOrDefault,
    `${path}.vmIfName`,
    /^[\w.+-]+$/,
    "a name of letters, digits and . _ + - for a link-local nameserver",
    format,
  );
  return `${ip.text}%${zone}`;
}

/** The options of the first interface that has one of a name hold. */
function optionsOf(nics: readonly Nic[]): { kept: string[]; lost: Loss[] } {
  const kept = new Map<string, { nic: Nic; options: Set<string> }>();
  const lost: Loss[] = [];
  for (const nic of nics) {
    for (const [position, option] of nic.resolverOptions.entries()) {
      const [name = ""] = option.split(":");
      const before = kept.get(name);
      if (before === undefined) {
        kept.set(name, { nic, options: new Set([option]) });
      } else if (before.nic === nic) before.options.add(option);
      else if (!before.options.has(option)) {
        lost.push({
          ...lossOf(
            nic,
            `vmResolverOptions[${position}]`,
            option,
            "resolverOptions",
            `one resolver serves all interfaces, and ${before.nic.path} has ${
              listSome(before.options, before.options.size, " ")
            }`,
          ),
          instead: [],
        });
      }
    }
  }
  return {
    kept: [...kept.values()].flatMap(({ options }) => [...options]),
    lost,
  };
}
