/** An inspection as a picture: one SVG file that needs no other file. */
import type {
  InspectedInterface,
  InspectedSandbox,
  Inspection,
} from "../../vmconf/inspection.ts";
import type { Finding } from "../../vmconf/inspection_findings.ts";
import { TERMINAL_WIDTH } from "../layout.ts";
import {
  describeInterface,
  describeOutcome,
  describeRoles,
  describeSandbox,
  type DetailRow,
  type DetailSection,
  findPairLinks,
  hideRepeatedLabels,
  listInterfaceRows,
  listSections,
  type PairLink,
  selectFindings,
  sortSandboxes,
} from "./description.ts";
import { formatExcerpt } from "./excerpt.ts";
import {
  escapeXml,
  frameBlock,
  labelBlock,
  stackBlocks,
  type SvgBlock,
  type SvgDrawing,
  writeCode,
  writeText,
} from "./svg_blocks.ts";
import { STYLE } from "./svg_style.ts";
import { renderInspectionText } from "./text.ts";

const WIDTH = 760;
const MARGIN = 16;
/** Left of the boxes, for the lines from a VM's interface to its tap. */
const GUTTER = 32;
const GAP = 12;

export function renderInspectionSvg(inspection: Inspection): string {
  const { title, outcome } = describeOutcome(inspection);
  const { elements, bottom, anchors } = drawPage(inspection)({
    x: MARGIN + GUTTER,
    y: MARGIN,
    width: WIDTH - GUTTER - 2 * MARGIN,
  });
  const height = bottom + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="vmconf" role="img" aria-labelledby="vmconf-title vmconf-desc" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">
<title id="vmconf-title">${escapeXml(`${title}: ${outcome}`)}</title>
<desc id="vmconf-desc">${escapeXml(describePicture(inspection))}</desc>
<style>
${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>
${[...elements, ...drawLinks(inspection, anchors)].join("\n")}
</svg>
`;
}

/** The whole content, for people who cannot see the picture. */
function describePicture(inspection: Inspection): string {
  return renderInspectionText(inspection, {
    width: TERMINAL_WIDTH,
    addColour: (_, word) => word,
  });
}

function drawPage(inspection: Inspection): SvgBlock {
  const { title, outcome } = describeOutcome(inspection);
  const { shown, more } = selectFindings(inspection);
  return stackBlocks([
    stackBlocks([
      writeText(title, "heading"),
      writeText(outcome, inspection.converts ? "vm" : "fault"),
    ]),
    ...sortSandboxes(inspection).map(drawSandbox),
    ...listSections(inspection).map(drawSection),
    ...shown.map(drawFinding),
    ...more > 0 ? [writeText(`… and ${more} more`)] : [],
  ], GAP);
}

function drawSandbox(sandbox: InspectedSandbox): SvgBlock {
  return frameBlock(
    stackBlocks([
      writeText(describeSandbox(sandbox), "heading"),
      ...sandbox.interfaces.map(drawInterface),
    ], GAP),
    "group",
  );
}

function drawInterface(it: InspectedInterface): SvgBlock {
  const role = it.roles[0]?.role ?? "plain";
  const roles = describeRoles(it);
  return frameBlock(
    stackBlocks([
      writeText(describeInterface(it), "heading"),
      ...roles === "" ? [] : [writeText(roles, role)],
      ...drawRows(listInterfaceRows(it)),
    ]),
    `card ${role}-card`,
    it.index,
  );
}

function drawSection({ title, rows }: DetailSection): SvgBlock {
  return frameBlock(
    stackBlocks([writeText(title, "heading"), ...drawRows(rows)]),
    "group",
  );
}

function drawRows(rows: readonly DetailRow[]): SvgBlock[] {
  return hideRepeatedLabels(rows).map(([label, value]) =>
    labelBlock(label, writeText(value))
  );
}

function drawFinding({ kind, message, hint, excerpt }: Finding): SvgBlock {
  return frameBlock(
    stackBlocks([
      writeText(kind === "fault" ? "error" : "note", kind),
      writeText(message),
      ...excerpt === undefined
        ? []
        : [writeCode((columns) => formatExcerpt(excerpt, columns))],
      ...hint === undefined ? [] : [labelBlock("hint", writeText(hint))],
    ]),
    `card ${kind}-card`,
  );
}

const LANE_WIDTH = 5;
const ARROW_HEAD = 6;

/** Each link has a lane of its own, so that no line covers another one. */
function drawLinks(
  inspection: Inspection,
  anchors: SvgDrawing["anchors"],
): string[] {
  return findPairLinks(inspection).flatMap((link, lane) =>
    drawLink(link, lane, anchors)
  );
}

function drawLink(
  { vm, tap, sure }: PairLink,
  lane: number,
  anchors: SvgDrawing["anchors"],
): string[] {
  const [from, to] = [anchors.get(vm), anchors.get(tap)];
  if (from === undefined || to === undefined) return [];
  const x = MARGIN + GUTTER - 2 * LANE_WIDTH - lane * LANE_WIDTH;
  const [start, end] = [from.y + lane * 2, to.y + lane * 2];
  const style = sure ? "link" : "link unsure";
  return [
    `<path class="${style}" d="M${from.x} ${start}H${x}V${end}H${
      to.x - ARROW_HEAD
    }"/>`,
    `<path class="head" d="M${to.x} ${end}l${-ARROW_HEAD} ${
      -ARROW_HEAD / 2
    }v${ARROW_HEAD}z"/>`,
  ];
}
