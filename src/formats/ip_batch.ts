/**
 * The `ip-batch` format: commands for `ip -batch FILE`, run inside the guest.
 *
 * Source: iproute2's lib/utils.c (`getcmdline`, `makeargs`): `#` begins a
 * comment wherever it stands, a quote does so at the start of a word alone,
 * there are no escapes, and a backslash joins lines.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { RenderResult } from "./format.ts";
import {
  addressWords,
  linkWords,
  routesApart,
  routeWords,
} from "./ip_commands.ts";
import { lossesOf } from "./losses.ts";
import { nicsOf } from "./nic.ts";
import { checked } from "./values.ts";

const NAME = /^(?!["'])[^#\\]+$/;

/** Renders the `ip-batch` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = nicsOf(confs);
  for (const { nameOrDefault, path } of nics) {
    checked(
      nameOrDefault,
      `${path}.vmIfName`,
      NAME,
      "a name without # and backslash that begins with no quote",
      "ip-batch",
    );
  }
  const { routes, lost } = routesApart(nics);
  const commands = nics.flatMap((nic) => [
    linkWords(nic),
    ...nic.addresses.map((address) => addressWords(nic, address)),
    ...routeWords(nic, routes[nic.index] ?? []),
  ]);
  return {
    files: [{
      name: "ip.batch",
      text: commands.map((words) => `${words.join(" ")}\n`).join(""),
    }],
    lost: [...lossesOf("ip-batch", nics), ...lost],
  };
}
