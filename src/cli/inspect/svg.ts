/** An inspection as a picture: one SVG file that needs nothing beside it. */
import type {
  InspectedInterface,
  InspectedSandbox,
  Inspection,
} from "../../vmconf/inspection.ts";
import type { Finding } from "../../vmconf/inspection_findings.ts";
import { excerptLines } from "./excerpt.ts";
import {
  type Block,
  box,
  code,
  column,
  type Drawn,
  escapeXml,
  labelled,
  text,
} from "./svg_blocks.ts";
import { STYLE } from "./svg_style.ts";
import { inspectionText } from "./text.ts";
import {
  findingsShown,
  inOrder,
  interfaceRows,
  interfaceTitle,
  otherSections,
  type PairLink,
  pairLinks,
  roleWords,
  type Row,
  sandboxTitle,
  type Section,
  verdict,
} from "./words.ts";

const WIDTH = 760;
const MARGIN = 16;
/** Beside the boxes, for the lines from a VM's interface to its tap. */
const GUTTER = 32;
const GAP = 12;

/** Shows an inspection as an SVG picture. */
export function inspectionSvg(inspection: Inspection): string {
  const said = verdict(inspection);
  const { elements, bottom, anchors } = page(inspection)({
    x: MARGIN + GUTTER,
    y: MARGIN,
    width: WIDTH - GUTTER - 2 * MARGIN,
  });
  const size = `${WIDTH} ${bottom + MARGIN}`;
  const [width, height] = size.split(" ");
  return `<svg xmlns="http://www.w3.org/2000/svg" class="vmconf" role="img" aria-labelledby="vmconf-title vmconf-desc" width="${width}" height="${height}" viewBox="0 0 ${size}">
<title id="vmconf-title">${escapeXml(`${said.title}: ${said.verdict}`)}</title>
<desc id="vmconf-desc">${escapeXml(plainText(inspection))}</desc>
<style>
${STYLE}</style>
<rect class="page" width="${width}" height="${height}" rx="6"/>
${[...elements, ...arrows(inspection, anchors)].join("\n")}
</svg>
`;
}

/** For those who cannot see the picture, all that is in it. */
function plainText(inspection: Inspection): string {
  return inspectionText(inspection, { width: 80, paint: (_, word) => word });
}

function page(inspection: Inspection): Block {
  const { title, verdict: outcome } = verdict(inspection);
  const { shown, more } = findingsShown(inspection);
  return column([
    column([
      text(title, "heading"),
      text(outcome, inspection.converts ? "vm" : "fault"),
    ]),
    ...inOrder(inspection).map(sandboxBox),
    ...otherSections(inspection).map(sectionBox),
    ...shown.map(findingBox),
    ...more > 0 ? [text(`… and ${more} more`)] : [],
  ], GAP);
}

function sandboxBox(sandbox: InspectedSandbox): Block {
  return box(
    column([
      text(sandboxTitle(sandbox), "heading"),
      ...sandbox.interfaces.map(interfaceCard),
    ], GAP),
    "group",
  );
}

function interfaceCard(it: InspectedInterface): Block {
  const role = it.roles[0]?.role ?? "plain";
  const words = roleWords(it);
  return box(
    column([
      text(interfaceTitle(it), "heading"),
      ...words === "" ? [] : [text(words, role)],
      ...rowBlocks(interfaceRows(it)),
    ]),
    `card ${role}-card`,
    it.index,
  );
}

function sectionBox({ title, rows }: Section): Block {
  return box(column([text(title, "heading"), ...rowBlocks(rows)]), "group");
}

function rowBlocks(rows: readonly Row[]): Block[] {
  return rows.map(([label, value], index) =>
    labelled(rows[index - 1]?.[0] === label ? "" : label, text(value))
  );
}

function findingBox({ kind, message, hint, excerpt }: Finding): Block {
  return box(
    column([
      text(kind === "fault" ? "error" : "note", kind),
      text(message),
      ...excerpt === undefined
        ? []
        : [code((columns) => excerptLines(excerpt, columns), "code")],
      ...hint === undefined ? [] : [labelled("hint", text(hint))],
    ]),
    `card ${kind}-card`,
  );
}

const LANE = 5;
const HEAD = 6;

/** Each in a lane of its own, so that no line lies upon another one. */
function arrows(inspection: Inspection, anchors: Drawn["anchors"]): string[] {
  return pairLinks(inspection).flatMap((link, lane) =>
    arrow(link, lane, anchors)
  );
}

function arrow(
  { vm, tap, sure }: PairLink,
  lane: number,
  anchors: Drawn["anchors"],
): string[] {
  const [from, to] = [anchors.get(vm), anchors.get(tap)];
  if (from === undefined || to === undefined) return [];
  const x = MARGIN + GUTTER - 2 * LANE - lane * LANE;
  const [start, end] = [from.y + lane * 2, to.y + lane * 2];
  const style = sure ? "link" : "link unsure";
  return [
    `<path class="${style}" d="M${from.x} ${start}H${x}V${end}H${
      to.x - HEAD
    }"/>`,
    `<path class="head" d="M${to.x} ${end}l${-HEAD} ${-HEAD / 2}v${HEAD}z"/>`,
  ];
}
