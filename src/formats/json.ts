/** The `json` format: the configuration itself, for programs. */
import { parseConf, type StaticNetworkConf } from "../vmconf/conf.ts";
import { makeJsonFile } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { getConfPath } from "./nic.ts";

/** Renders the `json` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const checked = confs.map((conf, index) =>
    parseConf(conf, getConfPath(index, confs.length))
  );
  const [only, ...others] = checked;
  const value = only === undefined || others.length > 0 ? checked : only;
  return { files: [makeJsonFile("vmconf.json", value)], lost: [] };
}
