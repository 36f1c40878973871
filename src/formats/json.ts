/** The configuration itself, for programs. */
import { confOf } from "../vmconf/conf.ts";
import { jsonFile } from "./files.ts";
import type { Format } from "./format.ts";
import { pathOf } from "./nic.ts";

/** The `json` format: carries everything; of several interfaces, a list. */
export const json: Format = {
  name: "json",
  summary: "the StaticNetworkConf, for programs",
  options: {},
  render(confs) {
    const checked = confs.map((conf, index) =>
      confOf(conf, pathOf(index, confs.length))
    );
    const [only, ...others] = checked;
    const value = only === undefined || others.length > 0 ? checked : only;
    return { files: [jsonFile("vmconf.json", value)], lost: [] };
  },
};
