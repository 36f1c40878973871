/** Flags that choose a format, and what comes of it. */
import { VmConfError } from "../errors.ts";
import type { FormatOption, RenderResult } from "../formats/format.ts";
import {
  FORMAT_NAMES,
  type FormatName,
  FORMATS,
} from "../formats/format_table.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { checkChoice, usage } from "./arguments.ts";
import type { Arguments, Flag } from "./command.ts";
import { writeFiles } from "./files.ts";
import { describeLoss, print, printLosses } from "./output.ts";

type Flags = Arguments["flags"];

/** A flag that is an option of some formats. */
interface OptionFlag extends Flag {
  readonly option: string;
  readonly formats: readonly string[];
}

const OPTION_FLAGS: readonly OptionFlag[] = makeOptionFlags();

/** `--format`, and the options of every format. */
export const FORMAT_FLAGS: readonly Flag[] = [
  {
    name: "format",
    value: "NAME",
    choices: FORMAT_NAMES,
    summary: `what to print: ${FORMAT_NAMES.join(", ")} (default: json)`,
  },
  ...OPTION_FLAGS,
];

/** Flags that say where the output goes, and whether it may leave things out. */
export const OUTPUT_FLAGS: readonly Flag[] = [
  {
    name: "output",
    short: "o",
    value: "DIR",
    summary: "write the files into this folder; creates it if necessary",
  },
  {
    name: "overwrite",
    aliases: ["force"],
    summary: "replace existing files",
  },
  { name: "strict", summary: "fail if the format must leave anything out" },
];

function makeOptionFlags(): OptionFlag[] {
  const found = new Map<string, FormatOption & { formats: string[] }>();
  for (const [format, { options }] of Object.entries(FORMATS)) {
    for (const [option, about] of Object.entries<FormatOption>(options)) {
      const { formats } = found.get(option) ?? { formats: [] };
      found.set(option, { ...about, formats: [...formats, format] });
    }
  }
  return [...found].map(([option, { value, summary, formats }]) => ({
    name: toFlagName(option),
    value,
    summary: `${summary} (${formats.join(", ")})`,
    option,
    formats,
  }));
}

/** The name of the flag for a format's option, in kebab case. */
export function toFlagName(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export interface Renderer {
  readonly format: FormatName;
  readonly render: (confs: readonly StaticNetworkConf[]) => RenderResult;
}

export async function loadRenderer(flags: Flags): Promise<Renderer> {
  const format = await checkChoice(
    "--format",
    flags.get("format") ?? "json",
    FORMAT_NAMES,
  );
  const options: Record<string, string> = {};
  for (const { name, option, formats } of OPTION_FLAGS) {
    const value = flags.get(name);
    if (value === undefined) continue;
    if (!formats.includes(format)) {
      throw usage(
        `--${name}: expected a format that has this option, found ${format}`,
      );
    }
    options[option] = value;
  }
  const { render } = await FORMATS[format].load();
  return { format, render: (confs) => render(confs, options) };
}

/** Renders, and prints or writes what came of it, as the flags say. */
export async function output(
  { format, render }: Renderer,
  confs: readonly StaticNetworkConf[],
  flags: Flags,
): Promise<void> {
  const { files, lost } = render(confs);
  if (flags.has("strict") && lost.length > 0) {
    throw new VmConfError(
      "left-out",
      lost.map((loss) => describeLoss(format, loss)).join("\n"),
      {
        path: lost[0]?.field,
        hint: "If the VM does not need it, run without --strict.",
      },
    );
  }
  const folder = flags.get("output");
  if (folder === undefined) printFiles(files);
  else await writeFiles(folder, files, flags.has("overwrite"));
  printLosses(format, lost, flags.has("json"));
}

/** Several files have their names above them, as `head` and `tail` show them. */
function printFiles(files: RenderResult["files"]): void {
  const printed = files.filter(({ companion }) => !companion);
  print(
    printed.length === 1
      ? printed[0]?.text ?? ""
      : printed.map(({ name, text }) => `==> ${name} <==\n${text}`).join("\n"),
  );
}
