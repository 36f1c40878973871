/**
 * The `jailer` format: arguments of Firecracker's jailer, which enters the
 * network namespace before it starts Firecracker.
 *
 * Source: Firecracker's docs/jailer.md. What the VM has beside its namespace
 * goes to Firecracker itself: the `firecracker` format.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { argumentFiles } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { checkText } from "./values.ts";
import { parseVmmNics } from "./vmm.ts";

/**
 * Absolute, so that it cannot be taken for a flag; in one line, and without what
 * would turn the words around it on a terminal; no lone surrogate.
 */
const PATH = /^\/[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u;

/** Renders the `jailer` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseVmmNics(confs);
  const netns = nics.map(({ conf, path }) =>
    checkText(
      conf.netNSPath,
      `${path}.netNSPath`,
      PATH,
      'an absolute path without control characters such as "/run/netns/a"',
      "jailer",
    )
  );
  return {
    files: argumentFiles("jailer", ["--netns", ...netns.slice(0, 1)]),
    lost: [],
  };
}
