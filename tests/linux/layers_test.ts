/**
 * `linux` has three layers: abi (constants and layouts), symbols (prototypes), and
 * operations. Each constant and each prototype is declared once.
 */
import { assert, assertEquals } from "@std/assert";
import { repositoryPath } from "../child.ts";
import { LIBC } from "../../src/linux/symbols/libc.ts";
import { LIBNL } from "../../src/linux/symbols/libnl.ts";

interface Source {
  /** Its path in `src`, such as `linux/abi/errno.ts`. */
  readonly path: string;
  /** Its text without comments. */
  readonly code: string;
}

function readSources(folder: string): Source[] {
  return [...Deno.readDirSync(repositoryPath(`src/${folder}`))].flatMap(
    ({ name, isDirectory }) => {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (isDirectory) return readSources(path);
      if (!name.endsWith(".ts")) return [];
      const text = Deno.readTextFileSync(repositoryPath(`src/${path}`));
      return [{ path, code: text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "") }];
    },
  );
}

const SOURCES = readSources("");

function inLayer(layer: "abi" | "symbols"): Source[] {
  return SOURCES.filter(({ path }) => path.startsWith(`linux/${layer}/`));
}

function inOperations(): Source[] {
  return SOURCES.filter(({ path }) => /^linux\/\w+\.ts$/.test(path));
}

/** What a file imports, as paths in `src`. */
function importsOf({ path, code }: Source): string[] {
  return Array.from(
    code.matchAll(/\bfrom "([^"]+)"/g),
    ([, target = ""]) => new URL(target, `file:///${path}`).pathname.slice(1),
  );
}

Deno.test("abi imports nothing, symbols only abi, and operations both, the errors and the names", () => {
  const layers: [Source[], RegExp][] = [
    [inLayer("abi"), /^linux\/abi\//],
    [inLayer("symbols"), /^linux\/(abi|symbols)\//],
    [inOperations(), /^linux\/|^(errors|names)\.ts$/],
  ];
  for (const [sources, allowed] of layers) {
    assert(sources.length > 1, "the layer was not found");
    for (const source of sources) {
      for (const target of importsOf(source)) {
        assert(allowed.test(target), `${source.path} imports ${target}`);
      }
    }
  }
});

Deno.test("each C function has one prototype, and somebody calls it", () => {
  const twice = Object.keys(LIBC).filter((name) => name in LIBNL);
  assertEquals(twice, []);
  for (const { path, code } of SOURCES) {
    const declares = /\bparameters:\s*\[/.test(code);
    assertEquals(declares, /^linux\/symbols\/lib\w+\.ts$/.test(path), path);
  }
  const code = inOperations().map(({ code }) => code).join("\n");
  const uncalled = Object.keys({ ...LIBC, ...LIBNL }).filter((name) =>
    !new RegExp(`\\b(${name})\\b`).test(code) &&
    // By `rtnl_${kind}_alloc` and `rtnl_${kind}_put`.
    !/^rtnl_(link|qdisc|cls|act)_(alloc|put)$/.test(name)
  );
  assertEquals(uncalled, []);
});

/** The constants that a file declares at its top level. */
function constantsIn({ code }: Source): string[] {
  return Array.from(
    code.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]+)\b/gm),
    ([, name = ""]) => name,
  );
}

Deno.test("each constant of the kernel's and of libc's is declared once, and used", () => {
  const declared = inLayer("abi").flatMap((source) =>
    constantsIn(source).map((name) => ({ name, path: source.path }))
  );
  assert(declared.length > 80, "the constants were not found");
  for (const { name, path } of declared) {
    const declaring = SOURCES.filter((source) =>
      constantsIn(source).includes(name)
    );
    assertEquals(declaring.map(({ path }) => path), [path], name);
    const uses = SOURCES.flatMap(({ code }) =>
      code.match(new RegExp(`\\b${name}\\b`, "g")) ?? []
    );
    assert(uses.length > 1, `${name} is not used`);
  }
});

Deno.test("a number in hexadecimal or octal is the kernel's, and so in abi, but for file modes", () => {
  for (const { path, code } of inOperations()) {
    const numbers = code.match(/\b0[xo][0-9a-f_]+n?\b/gi) ?? [];
    const strays = numbers.filter((number) => !/^0o[0-7]{3}$/.test(number));
    assertEquals(strays, [], path);
  }
});
