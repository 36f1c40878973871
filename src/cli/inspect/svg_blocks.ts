/** Pieces of an SVG picture that are put below one another and into boxes. */
import { chop, wrap } from "./width.ts";

/** Where a block may be drawn; it takes the height that it needs. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A block that has been drawn. */
export interface Drawn {
  /** Its elements, in the order of painting. */
  readonly elements: readonly string[];
  /** Where it ends, and the next one may begin. */
  readonly bottom: number;
  /** Places that lines may lead to, by name. */
  readonly anchors: ReadonlyMap<number, { x: number; y: number }>;
}

/** Something that can be drawn anywhere. */
export type Block = (area: Area) => Drawn;

const LINE_HEIGHT = 18;
const BASELINE = 13;
/**
 * More than any monospaced font has: with 12 px it is 7.2 px as a rule, and an
 * emoji, which counts as two columns, takes up to 15.
 */
const COLUMN = 7.8;
const LABEL_WIDTH = 72;
const PADDING = 12;

/** Text, broken into lines at spaces. */
export function text(content: string, style = "plain"): Block {
  return (area) => lines(wrap(content, columnsOf(area)), style)(area);
}

/** Lines that keep their spaces. */
export function code(
  content: (columns: number) => readonly string[],
  style: string,
): Block {
  return (area) =>
    lines(
      content(columnsOf(area)).map((line) => chop(line, columnsOf(area))[0]),
      style,
    )(area);
}

function columnsOf({ width }: Area): number {
  return Math.floor(width / COLUMN);
}

function lines(all: readonly (string | undefined)[], style: string): Block {
  return ({ x, y }) => ({
    elements: all.map((line = "", index) =>
      `<text class="${style}" x="${x}" y="${
        y + index * LINE_HEIGHT + BASELINE
      }">${escapeXml(line)}</text>`
    ),
    bottom: y + all.length * LINE_HEIGHT,
    anchors: new Map(),
  });
}

/** A label, and a block to the right of it. */
export function labelled(label: string, block: Block): Block {
  return ({ x, y, width }) => {
    const left = lines([label], "label")({ x, y, width });
    const right = block({
      x: x + LABEL_WIDTH,
      y,
      width: width - LABEL_WIDTH,
    });
    return { ...right, elements: [...left.elements, ...right.elements] };
  };
}

/** Blocks below one another. */
export function column(blocks: readonly Block[], gap = 0): Block {
  return ({ x, y, width }) => {
    const elements: string[] = [];
    const anchors = new Map<number, { x: number; y: number }>();
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

/** A box around a block. */
export function box(block: Block, style: string, anchor?: number): Block {
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

/** Escapes a text for an element of XML. */
export function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
