/** `vmconf inspect`: what a CNI result contains, for people. */
import type { Inspection } from "../../vmconf/inspection.ts";
import { checkChoice } from "../arguments.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT_DONE, EXIT_FAILED } from "../exit_codes.ts";
import { ID_FLAG, MAX_LENGTH_FLAG, parseMaxLengthFlag } from "../flags.ts";
import { readText } from "../input.ts";
import { TERMINAL_WIDTH } from "../layout.ts";
import { addColour, formatJson, print, printMessage } from "../output.ts";

type View = (inspection: Inspection) => string | Promise<string>;

/** The views, by their names for `--format`. A view is loaded when it is used. */
const VIEWS = {
  text: async (inspection: Inspection) => {
    const { renderInspectionText } = await import("../inspect/text.ts");
    return renderInspectionText(inspection, {
      width: measureTerminal(),
      addColour: (colour, word) => addColour(colour, word, Deno.stdout),
    });
  },
  json: (inspection: Inspection) => formatJson(inspection, 2),
  mermaid: async (inspection: Inspection) =>
    (await import("../inspect/mermaid.ts")).renderInspectionMermaid(inspection),
  svg: async (inspection: Inspection) =>
    (await import("../inspect/svg.ts")).renderInspectionSvg(inspection),
} satisfies Record<string, View>;

const VIEW_NAMES = Object.keys(VIEWS) as (keyof typeof VIEWS)[];

export const inspect: Command = {
  name: "inspect",
  operands: "[FILE]",
  summary: "Show what a CNI result contains, and everything wrong with it.",
  description:
    `Reads a CNI result from FILE or from standard input ("-", the default). Shows
its sandboxes, interfaces, addresses, routes and DNS; which interface is the
VM's, which one is its tap, and why; and every fault, with advice. Without
--id, shows which sandboxes could be a VM's. If a result cannot be
converted, inspect shows as much as it can read, and the exit code is 1. Never
queries the kernel.`,
  flags: [
    ID_FLAG,
    {
      name: "format",
      value: VIEW_NAMES.join("|"),
      summary: "what to print (default: text)",
    },
    MAX_LENGTH_FLAG,
  ],
  examples: [
    {
      summary: "why a result does not convert",
      line: "vmconf inspect result.json --id vm-1",
    },
    {
      summary: "a flowchart for a ticket; --format svg gives a picture",
      line: "vmconf inspect result.json --format mermaid",
    },
  ],
  run: runInspect,
};

async function runInspect({ flags, operands }: Arguments): Promise<number> {
  const view = await checkChoice(
    "--format",
    flags.get("format") ?? (flags.has("json") ? "json" : "text"),
    VIEW_NAMES,
  );
  const maxLength = parseMaxLengthFlag(flags);
  const text = readText(operands[0] ?? "-", maxLength);
  const containerID = flags.get("id");
  const { inspectResult } = await import("../../vmconf/inspection.ts");
  const inspection = inspectResult(text, {
    maxLength,
    ...(containerID !== undefined && { containerID }),
  });
  print(await VIEWS[view](inspection));
  if (inspection.converts) return EXIT_DONE;
  if (view === "mermaid" || view === "svg") {
    printMessage("the result does not convert; the picture shows why");
  }
  return EXIT_FAILED;
}

/** Longer lines are hard to read, however wide the window is. */
const WIDEST = 100;

function measureTerminal(): number {
  if (!Deno.stdout.isTerminal()) return TERMINAL_WIDTH;
  try {
    return Math.min(WIDEST, Deno.consoleSize().columns);
  } catch {
    return TERMINAL_WIDTH;
  }
}
