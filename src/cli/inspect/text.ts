/** An inspection as text for a terminal. */
import { unicodeWidth } from "@std/cli/unicode-width";
import type { Inspection } from "../../vmconf/inspection.ts";
import type { Finding } from "../../vmconf/inspection_findings.ts";
import { fitText, hangLines } from "../layout.ts";
import type { Colour } from "../output.ts";
import {
  describeInterface,
  describeOutcome,
  describeRoles,
  describeSandbox,
  type DetailRow,
  hideRepeatedLabels,
  listInterfaceRows,
  listSections,
  selectFindings,
  sortSandboxes,
} from "./description.ts";
import { formatExcerpt } from "./excerpt.ts";

export interface TextOptions {
  /** The columns of a line. No line is longer if they are 20 or more. */
  readonly width: number;
  readonly addColour: (colour: Colour, word: string) => string;
}

const NARROWEST = 20;

export function renderInspectionText(
  inspection: Inspection,
  { addColour, width }: TextOptions,
): string {
  const page = { addColour, width: Math.max(NARROWEST, width) };
  const { title, outcome } = describeOutcome(inspection);
  const colour = inspection.converts ? "green" : "red";
  const blocks = [
    formatTitle(`${title}: `, outcome, colour, page),
    ...sortSandboxes(inspection).map((sandbox) => [
      ...formatHeading(describeSandbox(sandbox), page),
      ...sandbox.interfaces.flatMap((it) => [
        ...formatTitle(
          `  ${describeInterface(it)}  `,
          describeRoles(it),
          "green",
          page,
        ),
        ...formatRows(listInterfaceRows(it), 5, page),
      ]),
    ]),
    ...listSections(inspection).map(({ title, rows }) => [
      ...formatHeading(title, page),
      ...formatRows(rows, 2, page),
    ]),
    formatFindings(inspection, page),
  ];
  return blocks.filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function formatHeading(
  text: string,
  { width, addColour }: TextOptions,
): string[] {
  return fitHanging(text, width).map((line) => addColour("default", line));
}

/** A text with a coloured one after it, or below it if both are too long. */
function formatTitle(
  text: string,
  coloured: string,
  colour: Colour,
  { width, addColour }: TextOptions,
): string[] {
  if (coloured === "") return fitHanging(text.trimEnd(), width);
  if (unicodeWidth(text + coloured) <= width) {
    return [text + addColour(colour, coloured)];
  }
  const indent = " ".repeat(text.search(/\S/) + 2);
  return [
    ...fitHanging(text.trimEnd(), width),
    ...fitText(coloured, width - indent.length)
      .map((line) => indent + addColour(colour, line)),
  ];
}

/** Breaks an indented line; the other lines are indented by two more columns. */
function fitHanging(line: string, width: number): string[] {
  const indent = " ".repeat(line.search(/\S/));
  const lines = fitText(line.trimStart(), width - indent.length - 2);
  return hangLines(lines, indent, `${indent}  `);
}

function formatRows(
  rows: readonly DetailRow[],
  indent: number,
  { width }: TextOptions,
): string[] {
  return hideRepeatedLabels(rows).flatMap((row) =>
    formatRow(row, indent, width)
  );
}

const LABEL_WIDTH = 9;
/** With fewer columns for values, they are shown below their labels. */
const LEAST_FOR_VALUES = 24;

function formatRow(
  [label, value]: DetailRow,
  indent: number,
  width: number,
): string[] {
  const isNarrow = width - indent - LABEL_WIDTH < LEAST_FOR_VALUES;
  const hang = " ".repeat(isNarrow ? indent + 2 : indent + LABEL_WIDTH);
  const lines = fitText(value, width - hang.length);
  const start = " ".repeat(indent) + label;
  if (label === "") return hangLines(lines, hang, hang);
  return isNarrow
    ? [start, ...hangLines(lines, hang, hang)]
    : hangLines(lines, start.padEnd(hang.length), hang);
}

const FINDING_LABELS = {
  fault: ["error:", "red"],
  note: ["note:", "yellow"],
} as const;

function formatFindings(inspection: Inspection, page: TextOptions): string[] {
  const { shown, more } = selectFindings(inspection);
  const rest = more > 0 ? fitText(`… and ${more} more`, page.width) : [];
  return [
    ...shown.flatMap((finding) => formatFinding(finding, page)),
    ...rest,
  ];
}

function formatFinding(
  { kind, message, hint, excerpt }: Finding,
  page: TextOptions,
): string[] {
  const [label, colour] = FINDING_LABELS[kind];
  const lines = formatLabelled("", label, colour, message, page);
  if (excerpt !== undefined) {
    const [source, caret] = formatExcerpt(excerpt, page.width);
    lines.push(source, caret.replace("^", page.addColour("red", "^")));
  }
  if (hint !== undefined) {
    lines.push(...formatLabelled("  ", "hint:", "cyan", hint, page));
  }
  return lines;
}

function formatLabelled(
  indent: string,
  label: string,
  colour: Colour,
  text: string,
  { width, addColour }: TextOptions,
): string[] {
  const hang = `${indent}  `;
  const [first = "", ...others] = fitText(
    `${label} ${text}`,
    width - hang.length,
  );
  const coloured = addColour(colour, label) + first.slice(label.length);
  return hangLines([coloured, ...others], indent, hang);
}
