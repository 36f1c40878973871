/** The configuration itself, for programs. */
import { parseStaticNetworkConf } from "../vmconf/conf.ts";
import type { Format } from "./format.ts";

/** The `json` format: carries everything. */
export const json: Format = {
  name: "json",
  summary: "the StaticNetworkConf, for programs",
  render: (conf) => ({
    files: [{
      name: "vmconf.json",
      text: `${JSON.stringify(parseStaticNetworkConf(conf), null, 2)}\n`,
    }],
    lost: [],
  }),
};
