/** An inspection as a Mermaid flowchart, for documents and tickets. */
import type { InspectedSandbox, Inspection } from "../../vmconf/inspection.ts";
import {
  describeInterface,
  describeOutcome,
  describeRoles,
  describeSandbox,
  findPairLinks,
  listInterfaceRows,
  listSections,
  selectFindings,
  sortSandboxes,
} from "./description.ts";

export function renderInspectionMermaid(inspection: Inspection): string {
  const { title, outcome } = describeOutcome(inspection);
  const sandboxes = sortSandboxes(inspection);
  const lines = [
    "flowchart LR",
    `  result(${formatLabel([title, outcome])})`,
    `  class result ${inspection.converts ? "vm" : "fault"}`,
    ...sandboxes.flatMap(drawSandbox),
    ...findPairLinks(inspection).map(({ vm, tap, sure }) =>
      sure
        ? `  if${vm} -->|its tap| if${tap}`
        : `  if${vm} -.->|its tap?| if${tap}`
    ),
    ...sandboxes.flatMap(({ interfaces }) => interfaces).flatMap((
      { index, roles },
    ) => roles.map(({ role }) => `  class if${index} ${role}`)),
    ...listSections(inspection).map(({ title, rows }, index) =>
      `  other${index}[${
        formatLabel([title, ...rows.map((row) => row.join(" "))])
      }]`
    ),
    ...drawFindings(inspection),
    ...STYLES,
  ];
  return `${lines.join("\n")}\n`;
}

/** Colours that can be read on light and on dark. */
const STYLES = [
  "  classDef vm stroke:#1a7f37,stroke-width:2px",
  "  classDef tap stroke:#0969da,stroke-width:2px",
  "  classDef fault stroke:#cf222e,stroke-width:2px",
  "  classDef note stroke:#9a6700",
];

function drawSandbox(sandbox: InspectedSandbox, index: number): string[] {
  return [
    `  subgraph sandbox${index} [${formatLabel([describeSandbox(sandbox)])}]`,
    ...sandbox.interfaces.map((it) => {
      const roles = describeRoles(it);
      const lines = [
        describeInterface(it),
        ...roles === "" ? [] : [roles],
        ...listInterfaceRows(it).map((row) => row.join(" ")),
      ];
      return `    if${it.index}[${formatLabel(lines)}]`;
    }),
    "  end",
  ];
}

function drawFindings(inspection: Inspection): string[] {
  const { shown, more } = selectFindings(inspection);
  const lines = shown.flatMap(({ kind, message, hint }, index) => [
    `  finding${index}[${
      formatLabel([
        `${kind === "fault" ? "error" : "note"} ${message}`,
        ...hint === undefined ? [] : [`hint ${hint}`],
      ])
    }]`,
    `  class finding${index} ${kind}`,
  ]);
  return more > 0
    ? [...lines, `  more[${formatLabel([`… and ${more} more`])}]`]
    : lines;
}

/** A label in quotes. Nothing in its text has a meaning for Mermaid. */
function formatLabel(lines: readonly string[]): string {
  return `"${lines.map(escape).join("<br/>")}"`;
}

/**
 * Mermaid looks for line breaks (`\\n`) and formulas (`$$`) after it has undone
 * its own escapes; an invisible character separates their parts.
 */
function escape(text: string): string {
  return text.replace(/\\(?=n)|\$(?=\$)/g, "$&\u2060").replace(
    /[^\p{L}\p{N} .,:/-]/gu,
    (character) => `#${character.codePointAt(0)};`,
  );
}
