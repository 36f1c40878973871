/** `vmconf formats`: lists the formats. */
import {
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  FORMATS,
} from "../../formats/format_table.ts";
import type { Command } from "../command.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { formatColumns } from "../layout.ts";
import { print, printJson } from "../output.ts";
import { toFlagName } from "../rendering.ts";

export const formats: Command = {
  name: "formats",
  operands: "",
  summary: "List the formats, and what each of them supports.",
  description:
    `Prints one line for each format. With --json, prints a list of objects: the
name, what it is, its options, and how well it supports each part of a
configuration: "yes", "part" (in some cases only), "no", or "guest" (another
part of the guest configures it, or the VMM).`,
  flags: [],
  examples: [
    {
      summary: "formats that support IPv6 routes and several addresses",
      line:
        `vmconf formats --json | jq -r '.[] | select(.supports | .ipv6 == "yes" and .routes == "yes" and .severalAddresses == "yes").name'`,
    },
  ],
  run: ({ flags }) => {
    if (flags.has("json")) printJson(listFormats(), 2);
    else {
      const rows = FORMAT_NAMES.map((name) =>
        [name, FORMATS[name].summary] as const
      );
      print(`${formatColumns(rows, "")}\n`);
    }
    return EXIT_DONE;
  },
};

function listFormats(): readonly unknown[] {
  return FORMAT_NAMES.map((name) => ({
    name,
    summary: FORMATS[name].summary,
    options: Object.keys(FORMATS[name].options)
      .map((option) => `--${toFlagName(option)}`),
    supports: FORMAT_SUPPORT[name],
  }));
}
