/** Blocks of an SVG picture: text, and what stacks, labels and frames it. */
import { chopText, fitText } from "../layout.ts";

/** Where a block is drawn; its height is what it needs. */
export interface SvgArea {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface SvgDrawing {
  /** Its elements, in the order of painting. */
  readonly elements: readonly string[];
  /** The y coordinate of its end. */
  readonly bottom: number;
  /** Where lines may lead to, by the index of an interface. */
  readonly anchors: ReadonlyMap<number, SvgPoint>;
}

interface SvgPoint {
  readonly x: number;
  readonly y: number;
}

export type SvgBlock = (area: SvgArea) => SvgDrawing;

const LINE_HEIGHT = 18;
const BASELINE = 13;
/**
 * Wider than a column of any monospaced font: usually it has 7.2 px at 12 px,
 * and an emoji, which counts as two columns, up to 15.
 */
const COLUMN_WIDTH = 7.8;
const LABEL_WIDTH = 72;
const PADDING = 12;

/** Writes a text, broken into lines. */
export function writeText(content: string, style = "plain"): SvgBlock {
  return (area) => drawLines(fitText(content, countColumns(area)), style, area);
}

/** Writes lines that keep their spaces, and cuts those that are too long. */
export function writeCode(
  content: (columns: number) => readonly string[],
): SvgBlock {
  return (area) => {
    const columns = countColumns(area);
    const lines = content(columns).map((line) => chopText(line, columns)[0]);
    return drawLines(lines, "code", area);
  };
}

function countColumns({ width }: SvgArea): number {
  return Math.floor(width / COLUMN_WIDTH);
}

function drawLines(
  lines: readonly (string | undefined)[],
  style: string,
  { x, y }: SvgArea,
): SvgDrawing {
  return {
    elements: lines.map((line = "", index) =>
      `<text class="${style}" x="${x}" y="${
        y + index * LINE_HEIGHT + BASELINE
      }">${escapeXml(line)}</text>`
    ),
    bottom: y + lines.length * LINE_HEIGHT,
    anchors: new Map(),
  };
}

export function labelBlock(label: string, block: SvgBlock): SvgBlock {
  return (area) => {
    const left = drawLines([label], "label", area);
    const right = block({
      x: area.x + LABEL_WIDTH,
      y: area.y,
      width: area.width - LABEL_WIDTH,
    });
    return { ...right, elements: [...left.elements, ...right.elements] };
  };
}

export function stackBlocks(blocks: readonly SvgBlock[], gap = 0): SvgBlock {
  return ({ x, y, width }) => {
    const elements: string[] = [];
    const anchors = new Map<number, SvgPoint>();
    let bottom = y;
    for (const [index, block] of blocks.entries()) {
      const top = index === 0 ? y : bottom + gap;
      const drawn = block({ x, y: top, width });
      for (const element of drawn.elements) elements.push(element);
      for (const [name, place] of drawn.anchors) anchors.set(name, place);
      bottom = drawn.bottom;
    }
    return { elements, bottom, anchors };
  };
}

/** Puts a box around a block; lines may lead to it by its anchor. */
export function frameBlock(
  block: SvgBlock,
  style: string,
  anchor?: number,
): SvgBlock {
  return ({ x, y, width }) => {
    const inner = block({
      x: x + PADDING,
      y: y + PADDING,
      width: width - 2 * PADDING,
    });
    const bottom = inner.bottom + PADDING;
    const frame =
      `<rect class="${style}" x="${x}" y="${y}" width="${width}" height="${
        bottom - y
      }" rx="6"/>`;
    const place = { x, y: y + PADDING + LINE_HEIGHT / 2 };
    return {
      elements: [frame, ...inner.elements],
      bottom,
      anchors: anchor === undefined
        ? inner.anchors
        : new Map([...inner.anchors, [anchor, place]]),
    };
  };
}

export function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
