/**
 * The `resolv.conf` format: what a guest's resolver reads.
 *
 * Source: resolv.conf(5), glibc's resolv/res_init.c. The last line of `domain` and
 * `search` wins, and the last value of an option; there are neither quotes nor
 * escapes. Without `domain`, the first domain of `search` is used for it.
 */
import type { Ip } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { Loss, RenderResult } from "./format.ts";
import { findLosses, makeLoss, makeNameserverLoss } from "./losses.ts";
import { type Nic, parseNics } from "./nic.ts";
import { isLinkLocal } from "../ip/address.ts";
import { checkText, listSome } from "./values.ts";

/** MAXNS of glibc and of musl: no resolver asks more servers. */
const MOST_NAMESERVERS = 3;

/** Renders the `resolv.conf` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseNics(confs);
  const servers = selectNameservers(nics);
  const options = selectOptions(nics);
  const search = new Set(nics.flatMap((nic) => nic.search));
  const text = [
    writeLine("search", [...search]),
    ...servers.written.map((server) => writeLine("nameserver", [server])),
    writeLine("options", options.written),
  ].join("");
  return {
    files: [{ name: "resolv.conf", text }],
    lost: [
      ...findLosses("resolv.conf", nics),
      ...servers.lost,
      ...options.lost,
    ],
  };
}

function writeLine(keyword: string, values: readonly string[]): string {
  return values.length === 0 ? "" : `${keyword} ${values.join(" ")}\n`;
}

interface Selection {
  readonly written: string[];
  readonly lost: Loss[];
}

function selectNameservers(nics: readonly Nic[]): Selection {
  const written = new Set<string>();
  const lost: Loss[] = [];
  for (const nic of nics) {
    for (const [position, ip] of nic.nameservers.entries()) {
      const server = writeNameserver(nic, ip, "resolv.conf");
      if (written.has(server)) continue;
      if (written.size < MOST_NAMESERVERS) written.add(server);
      else {
        const why =
          `resolvers ask only the first ${MOST_NAMESERVERS} nameservers`;
        lost.push(makeNameserverLoss(nic, position, why));
      }
    }
  }
  return { written: [...written], lost };
}

/** Writes a nameserver; a link-local one needs the interface that leads there. */
export function writeNameserver(
  { nameOrDefault, path }: Nic,
  ip: Ip,
  format: string,
): string {
  if (!isLinkLocal(ip)) return ip.text;
  const zone = checkText(
    nameOrDefault,
    `${path}.vmIfName`,
    /^[\w.+-]+$/,
    "a name of letters, digits and . _ + - for a link-local nameserver",
    format,
  );
  return `${ip.text}%${zone}`;
}

/** If two interfaces have an option of one name, the first interface wins. */
function selectOptions(nics: readonly Nic[]): Selection {
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
        const others = listSome(before.options, before.options.size, " ");
        lost.push(makeLoss(
          nic,
          `vmResolverOptions[${position}]`,
          option,
          `one resolver serves all interfaces, and ${before.nic.path} has ${others}`,
        ));
      }
    }
  }
  return {
    written: [...kept.values()].flatMap(({ options }) => [...options]),
    lost,
  };
}
