/**
 * The `jailer` format: arguments of Firecracker's jailer, which enters the
 * network namespace before it starts Firecracker.
 *
 * Source: Firecracker's docs/jailer.md. All but the namespace is for
 * Firecracker itself: see the `firecracker` format.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { makeArgumentFiles } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { checkText } from "./values.ts";
import { parseVmmNics } from "./vmm.ts";

/**
 * Absolute, so that it is no flag. In one line, without characters that move or
 * reverse the words around it on a terminal, and without lone surrogates.
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
    files: makeArgumentFiles("jailer", ["--netns", ...netns.slice(0, 1)]),
    lost: [],
  };
}
