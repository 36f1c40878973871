import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SaxesParser } from "saxes";
import { renderInspectionSvg } from "../../../src/cli/inspect/svg.ts";
import { renderInspectionText } from "../../../src/cli/inspect/text.ts";
import { inspectResult } from "../../../src/vmconf/inspection.ts";
import {
  createResult,
  FAULTY,
  GENUINE,
  HOSTILE,
  NO_JSON,
} from "./inspections.ts";

/** The elements of an XML document; throws if it is not well-formed. */
function parseElements(xml: string) {
  const elements: {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
    text: string;
  }[] = [];
  const open: typeof elements = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element = { name, attributes: { ...attributes }, text: "" };
    elements.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    const element = open.at(-1);
    if (element) element.text += text;
  });
  parser.on("closetag", () => void open.pop());
  parser.write(xml).close();
  return elements;
}

const renderSvg = (result: string) =>
  renderInspectionSvg(inspectResult(result));

Deno.test("a picture loads nothing and runs nothing", () => {
  for (
    const result of [GENUINE, FAULTY, NO_JSON, ...HOSTILE.map(createResult)]
  ) {
    const elements = parseElements(renderSvg(result));
    const names = new Set(elements.map(({ name }) => name));
    for (const name of names) {
      assert(
        ["svg", "title", "desc", "style", "rect", "text", "path"].includes(
          name,
        ),
        name,
      );
    }
    const attributes = elements.flatMap((it) => Object.keys(it.attributes));
    assertEquals(attributes.filter((name) => /^on|href/i.test(name)), []);
    assert(
      !/url\(|@import/.test(
        renderSvg(result).match(/<style>[^]*<\/style>/)?.[0] ?? "url(",
      ),
    );
  }
});

Deno.test("a picture contains the whole text, also for people who cannot see it", () => {
  const inspection = inspectResult(FAULTY);
  const elements = parseElements(renderInspectionSvg(inspection));
  const [svg] = elements;
  assertEquals(svg?.attributes.role, "img");
  const told = (svg?.attributes["aria-labelledby"] ?? "").split(" ").map((id) =>
    elements.find(({ attributes }) => attributes.id === id)?.text
  );
  assertEquals(told, [
    "CNI result 1.0.0: does not convert: 5 faults",
    renderInspectionText(inspection, {
      width: 80,
      addColour: (_, word) => word,
    }),
  ]);
  const drawn = elements.filter(({ name }) => name === "text")
    .map(({ text }) => text).join(" ");
  for (
    const part of [
      "VM vm-1",
      "network namespace /run/netns/a",
      "#1 tap0",
      "the VM's interface",
      "the tap of vm-1",
      "for #7, which does not exist",
      'result.ips[0].address: expected an address with prefix length such as "10.0.0.2/24", found "10.0.0.2"',
      "It is an index into result.interfaces, from 0.",
    ]
  ) {
    assertStringIncludes(drawn, part);
  }
});

Deno.test("an arrow leads from the VM's interface to its tap", () => {
  const links = (svg: string) =>
    parseElements(svg).filter(({ attributes }) =>
      attributes.class?.startsWith("link")
    ).map(({ attributes }) => attributes.class);
  assertEquals(links(renderSvg(GENUINE)), ["link"]);
  const twoTaps = renderSvg(JSON.stringify({
    cniVersion: "1.0.0",
    interfaces: [
      { name: "tap0", sandbox: "/run/netns/a" },
      { name: "tap0", sandbox: "/run/netns/b" },
      { name: "tap0", sandbox: "vm-1" },
    ],
  }));
  assertEquals(links(twoTaps), ["link unsure", "link unsure"]);
});

/** Wider than a column of the fonts, in pixels. */
const COLUMN = 7.8;

Deno.test("no two texts overlap, and none leaves the picture", () => {
  for (
    const result of [GENUINE, FAULTY, NO_JSON, ...HOSTILE.map(createResult)]
  ) {
    const elements = parseElements(renderSvg(result));
    const [svg] = elements;
    const [width, height] = [svg?.attributes.width, svg?.attributes.height]
      .map(Number);
    const texts = elements.filter(({ name }) => name === "text")
      .map(({ attributes, text }) => ({
        x: Number(attributes.x),
        y: Number(attributes.y),
        end: Number(attributes.x) + COLUMN * countColumns(text),
      }));
    for (const [index, { x, y, end }] of texts.entries()) {
      assert(x > 0 && end < (width ?? 0) && y < (height ?? 0));
      const beside = texts.slice(index + 1).filter((it) =>
        Math.abs(it.y - y) < 12
      );
      assert(beside.every((it) => it.x >= end || it.end <= x));
    }
  }
});

function countColumns(text: string): number {
  return [...text].reduce(
    (sum, char) =>
      sum + (/[\p{Emoji_Presentation}\p{Script=Han}]/u.test(char) ? 2 : 1),
    0,
  );
}

Deno.test("the same result gives the same picture, with light and dark colours", () => {
  assertEquals(renderSvg(FAULTY), renderSvg(FAULTY));
  assertStringIncludes(renderSvg(FAULTY), "@media (prefers-color-scheme:dark)");
});

Deno.test("every text colour has enough contrast to its background", () => {
  const palettes = renderSvg(GENUINE).match(/--vmconf-page:[^}]+/g) ?? [];
  assertEquals(palettes.length, 2);
  for (const palette of palettes) {
    const colours = new Map(
      [...palette.matchAll(/--vmconf-(\w+):#(\w{6})/g)]
        .map(([, name = "", hex = ""]) => [name, computeLuminance(hex)]),
    );
    for (const behind of ["page", "group", "card"]) {
      for (const front of ["text", "label", "vm", "tap", "fault", "note"]) {
        const pair = [colours.get(behind) ?? 0, colours.get(front) ?? 0];
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        assert(ratio >= 4.5, `${front} on ${behind}: ${ratio}`);
      }
    }
  }
});

/** Relative luminance, as WCAG 2.2 defines it. */
function computeLuminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((start) => {
    const part = parseInt(hex.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
