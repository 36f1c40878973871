/** An inspection as a Mermaid flowchart, for documents and tickets. */
import type {
  InspectedInterface,
  InspectedSandbox,
  Inspection,
} from "../../vmconf/inspection.ts";
import {
  findingsShown,
  inOrder,
  interfaceRows,
  interfaceTitle,
  otherSections,
  pairLinks,
  roleWords,
  type Row,
  sandboxTitle,
  verdict,
} from "./words.ts";

/** Shows an inspection as a Mermaid flowchart. */
export function inspectionMermaid(inspection: Inspection): string {
  const { title, verdict: outcome } = verdict(inspection);
  const sandboxes = inOrder(inspection);
  const lines = [
    "flowchart LR",
    `  result(${label([title, outcome])})`,
    `  class result ${inspection.converts ? "vm" : "fault"}`,
    ...sandboxes.flatMap(subgraph),
    ...pairLinks(inspection).map(({ vm, tap, sure }) =>
      sure
        ? `  if${vm} -->|its tap| if${tap}`
        : `  if${vm} -.->|its tap?| if${tap}`
    ),
    ...sandboxes.flatMap(({ interfaces }) => interfaces.flatMap(classes)),
    ...otherSections(inspection).map(({ title, rows }, index) =>
      `  other${index}[${label([title, ...rows.map(rowText)])}]`
    ),
    ...findingLines(inspection),
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

function subgraph(sandbox: InspectedSandbox, index: number): string[] {
  return [
    `  subgraph sandbox${index} [${label([sandboxTitle(sandbox)])}]`,
    ...sandbox.interfaces.map((it) =>
      `    if${it.index}[${
        label([
          interfaceTitle(it),
          ...roleWords(it) === "" ? [] : [roleWords(it)],
          ...interfaceRows(it).map(rowText),
        ])
      }]`
    ),
    "  end",
  ];
}

function rowText([name, value]: Row): string {
  return `${name} ${value}`;
}

function classes({ index, roles }: InspectedInterface): string[] {
  return roles.map(({ role }) => `  class if${index} ${role}`);
}

function findingLines(inspection: Inspection): string[] {
  const { shown, more } = findingsShown(inspection);
  const lines = shown.flatMap(({ kind, message, hint }, index) => [
    `  finding${index}[${
      label([
        `${kind === "fault" ? "error" : "note"} ${message}`,
        ...hint === undefined ? [] : [`hint ${hint}`],
      ])
    }]`,
    `  class finding${index} ${kind}`,
  ]);
  return more > 0
    ? [...lines, `  more[${label([`… and ${more} more`])}]`]
    : lines;
}

/** A label in quotes; none of its text can be taken for anything else. */
function label(lines: readonly string[]): string {
  return `"${lines.map(escape).join("<br/>")}"`;
}

/**
 * Mermaid's own escapes. It looks for line breaks (`\\n`) and for formulas
 * (`$$`) once more after it has read them: an invisible character parts those.
 */
function escape(text: string): string {
  return text.replace(/\\(?=n)|\$(?=\$)/g, "$&\u2060").replace(
    /[^\p{L}\p{N} .,:/-]/gu,
    (character) => `#${character.codePointAt(0)};`,
  );
}
