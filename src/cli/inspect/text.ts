/** An inspection as text for a terminal. */
import { unicodeWidth } from "@std/cli/unicode-width";
import type { Inspection } from "../../vmconf/inspection.ts";
import type { Excerpt, Finding } from "../../vmconf/inspection_findings.ts";
import { excerptLines } from "./excerpt.ts";
import { wrap } from "./width.ts";
import {
  findingsShown,
  inOrder,
  interfaceRows,
  interfaceTitle,
  otherSections,
  roleWords,
  type Row,
  sandboxTitle,
  verdict,
} from "./words.ts";

/** How text is laid out. */
export interface TextOptions {
  /** The columns of a line; no line is longer, if they are 20 or more. */
  readonly width: number;
  /** Colours a word: an SGR parameter, and the word. */
  readonly paint: (colour: string, word: string) => string;
}

const HEADING = "39";
const GREEN = "32";
const RED = "31";
const YELLOW = "33";
const CYAN = "36";

const NARROWEST = 20;

/** Shows an inspection as text. */
export function inspectionText(
  inspection: Inspection,
  options: TextOptions,
): string {
  const page = pageOf({
    ...options,
    width: Math.max(NARROWEST, options.width),
  });
  const { title, verdict: outcome } = verdict(inspection);
  const colour = inspection.converts ? GREEN : RED;
  const blocks = [
    page.flow(`${title}: `, outcome, colour),
    ...inOrder(inspection).map((sandbox) => [
      ...page.heading(sandboxTitle(sandbox)),
      ...sandbox.interfaces.flatMap((it) => [
        ...page.flow(`  ${interfaceTitle(it)}  `, roleWords(it), GREEN),
        ...page.rows(interfaceRows(it), 5),
      ]),
    ]),
    ...otherSections(inspection).map(({ title, rows }) => [
      ...page.heading(title),
      ...page.rows(rows, 2),
    ]),
    findingLines(inspection, page),
  ];
  return blocks.filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`).join("\n");
}

/** What puts text onto a page of some width. */
interface Page {
  readonly width: number;
  readonly paint: TextOptions["paint"];
  readonly heading: (text: string) => string[];
  /** A text and a coloured one behind it, or below where that is too long. */
  readonly flow: (text: string, coloured: string, colour: string) => string[];
  /** Labelled values; a label is shown once for all of its values. */
  readonly rows: (rows: readonly Row[], indent: number) => string[];
}

function pageOf({ width, paint }: TextOptions): Page {
  return {
    width,
    paint,
    heading: (text) =>
      indented(text, width).map((line) => paint(HEADING, line)),
    flow: (text, coloured, colour) => {
      if (coloured === "") return indented(text.trimEnd(), width);
      if (unicodeWidth(text + coloured) <= width) {
        return [text + paint(colour, coloured)];
      }
      const indent = " ".repeat(text.search(/\S/) + 2);
      return [
        ...indented(text.trimEnd(), width),
        ...wrap(coloured, width - indent.length)
          .map((line) => indent + paint(colour, line)),
      ];
    },
    rows: (rows, indent) =>
      rows.flatMap(([label, value], index) => {
        const repeated = rows[index - 1]?.[0] === label;
        return rowLines(repeated ? "" : label, value, indent, width);
      }),
  };
}

/** Breaks a line; what comes below its first part stands further to the right. */
function indented(line: string, width: number): string[] {
  const indent = " ".repeat(line.search(/\S/));
  return wrap(line.trimStart(), width - indent.length - 2)
    .map((part, index) => indent + (index === 0 ? "" : "  ") + part);
}

const LABEL_WIDTH = 9;
/** Where less than this is left for values, they stand below their labels. */
const LEAST_FOR_VALUES = 24;

function rowLines(
  label: string,
  value: string,
  indent: number,
  width: number,
): string[] {
  const isNarrow = width - indent - LABEL_WIDTH < LEAST_FOR_VALUES;
  const hang = isNarrow ? indent + 2 : indent + LABEL_WIDTH;
  const lines = wrap(value, width - hang)
    .map((line) => " ".repeat(hang) + line);
  const start = " ".repeat(indent) + label;
  if (label === "") return lines;
  if (isNarrow) return [start, ...lines];
  const [first = "", ...rest] = lines;
  return [start.padEnd(hang) + first.slice(hang), ...rest];
}

const KINDS = {
  fault: { colour: RED, label: "error: " },
  note: { colour: YELLOW, label: "note: " },
} as const;

function findingLines(inspection: Inspection, page: Page): string[] {
  const { shown, more } = findingsShown(inspection);
  const rest = more > 0 ? wrap(`… and ${more} more`, page.width) : [];
  return [...shown.flatMap((finding) => linesOf(finding, page)), ...rest];
}

function linesOf({ kind, message, hint, excerpt }: Finding, page: Page) {
  const { colour, label } = KINDS[kind];
  return [
    ...labelled("", label, colour, message, page),
    ...excerpt === undefined ? [] : placeLines(excerpt, page),
    ...hint === undefined ? [] : labelled("  ", "hint: ", CYAN, hint, page),
  ];
}

function placeLines(excerpt: Excerpt, { width, paint }: Page): string[] {
  const [source, caret] = excerptLines(excerpt, width);
  return [source, caret.replace("^", paint(RED, "^"))];
}

function labelled(
  indent: string,
  label: string,
  colour: string,
  text: string,
  { width, paint }: Page,
): string[] {
  const hang = " ".repeat(indent.length + 2);
  const [first = "", ...rest] = wrap(label + text, width - hang.length);
  return [
    indent + paint(colour, label.trimEnd()) +
    first.slice(label.trimEnd().length),
    ...rest.map((line) => hang + line),
  ];
}
