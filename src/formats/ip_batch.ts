/**
 * The `ip-batch` format: commands for `ip -batch FILE`, run inside the guest.
 *
 * Source: iproute2's lib/utils.c (`getcmdline`, `makeargs`): `#` begins a comment
 * anywhere; a quote has a meaning only at the start of a word; there are no
 * escapes, and a backslash joins lines.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { RenderResult } from "./format.ts";
import {
  buildAddressCommand,
  buildLinkCommand,
  buildRouteCommands,
  separateRoutes,
} from "./ip_commands.ts";
import { findLosses } from "./losses.ts";
import { parseNics } from "./nic.ts";
import { checkText } from "./values.ts";

const NAME = /^(?!["'])[^#\\]+$/;

/** Renders the `ip-batch` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseNics(confs);
  for (const { nameOrDefault, path } of nics) {
    checkText(
      nameOrDefault,
      `${path}.vmIfName`,
      NAME,
      "a name without # and backslash that begins with no quote",
      "ip-batch",
    );
  }
  const { routes, lost } = separateRoutes(nics);
  const commands = nics.flatMap((nic) => [
    buildLinkCommand(nic),
    ...nic.addresses.map((address) => buildAddressCommand(nic, address)),
    ...buildRouteCommands(nic, routes[nic.index] ?? []),
  ]);
  return {
    files: [{
      name: "ip.batch",
      text: commands.map((words) => `${words.join(" ")}\n`).join(""),
    }],
    lost: [...findLosses("ip-batch", nics), ...lost],
  };
}
