/** `vmconf inspect`: what a result holds, for eyes. */
import { quote } from "../../errors.ts";
import type { Inspection } from "../../vmconf/inspection.ts";
import { nearestTo, usage } from "../arguments.ts";
import type { Arguments, Command } from "../command.ts";
import { MAX_LENGTH_FLAG, maxLengthOf } from "../flags.ts";
import { readText } from "../input.ts";
import { TERMINAL_WIDTH } from "../layout.ts";
import { addColour, formatJson, print, printMessage } from "../output.ts";

type View = (inspection: Inspection) => string | Promise<string>;

/** The views, by the name that `--format` gives; loaded only when asked for. */
const VIEWS: Readonly<Record<string, View>> = {
  text: async (inspection) => {
    const { renderInspectionText } = await import("../inspect/text.ts");
    return renderInspectionText(inspection, {
      width: measureTerminal(),
      addColour: (colour, word) => addColour(colour, word, Deno.stdout),
    });
  },
  json: (inspection) => formatJson(inspection, 2),
  mermaid: async (inspection) =>
    (await import("../inspect/mermaid.ts")).renderInspectionMermaid(inspection),
  svg: async (inspection) =>
    (await import("../inspect/svg.ts")).renderInspectionSvg(inspection),
};

const VIEW_NAMES = Object.keys(VIEWS);

/** The command. */
export const inspect: Command = {
  name: "inspect",
  operands: "[FILE]",
  operandCount: [0, 1],
  summary: "Show what a CNI result holds, and all that is wrong with it.",
  description:
    `Reads a CNI result from FILE or from standard input ("-", the default), and
shows its sandboxes, interfaces, addresses, routes and DNS; which interface is
the VM's, which its tap, and why; and every fault, with what to do about it.
Without --container-id it tells which sandboxes could be a VM's. A result that
cannot be converted is shown as far as it can be read; the exit code is 1 then.
The kernel is not asked for anything.`,
  flags: [
    {
      name: "container-id",
      value: "ID",
      summary: "the id that CNI was called with: the VM's id",
    },
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
      line: "vmconf inspect result.json --container-id vm-1",
    },
    {
      summary: "a flowchart for a ticket; --format svg gives a picture",
      line: "vmconf inspect result.json --format mermaid",
    },
  ],
  run: runInspect,
};

const EXIT_DOES_NOT_CONVERT = 1;

async function runInspect({ flags, operands }: Arguments): Promise<number> {
  const name = flags.get("format") ?? (flags.has("json") ? "json" : "text");
  const view = await viewOf(name);
  const maxLength = maxLengthOf(flags, inspect);
  const text = readText(operands[0] ?? "-", maxLength);
  const containerID = flags.get("container-id");
  const { inspectResult } = await import("../../vmconf/inspection.ts");
  const inspection = inspectResult(text, {
    maxLength,
    ...(containerID !== undefined && { containerID }),
  });
  print(await view(inspection));
  if (inspection.converts) return 0;
  if (["mermaid", "svg"].includes(name)) {
    printMessage("the result does not convert: the picture says why");
  }
  return EXIT_DOES_NOT_CONVERT;
}

async function viewOf(name: string): Promise<View> {
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
  if (view !== undefined) return view;
  throw usage(
    `--format: expected one of ${VIEW_NAMES.join(", ")}, found ${quote(name)}`,
    inspect,
    `Did you mean ${await nearestTo(name, VIEW_NAMES)}?`,
  );
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
