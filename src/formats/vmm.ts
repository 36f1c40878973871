/** What all formats for a VMM have in common. */
import { quote, VmConfError } from "../errors.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { type Nic, parseNics } from "./nic.ts";

/**
 * Parses and checks the configurations of a VM's network interfaces for a VMM,
 * which opens all taps in the one network namespace that it runs in.
 */
export function parseVmmNics(confs: readonly StaticNetworkConf[]): Nic[] {
  const nics = parseNics(confs);
  const netns = nics[0]?.conf.netNSPath ?? "";
  const stray = nics.find(({ conf }) => conf.netNSPath !== netns);
  if (stray === undefined) return nics;
  const path = `${stray.path}.netNSPath`;
  const found = quote(stray.conf.netNSPath);
  throw new VmConfError(
    "not-representable",
    `${path}: expected ${
      quote(netns)
    }, where the first tap is, found ${found}: a VMM runs in one network namespace`,
    { path, hint: "Add all of a VM's interfaces to the same namespace." },
  );
}
