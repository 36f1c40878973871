import { assertEquals } from "@std/assert";
import { denoInfo, denoRun, repositoryPath, run } from "./child.ts";

/** Which rooms of `src` a room may import from, beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  ip: ["errors"],
  cni: ["ip", "errors"],
  vmconf: ["cni", "ip", "errors"],
  linux: ["errors"],
  formats: ["vmconf", "cni", "ip", "errors"],
  chain: ["vmconf", "cni", "ip", "linux", "errors"],
  plugin: ["cni", "linux", "errors"],
};

/** The one door from the pure rooms to the kernel, the default of an option; and a type. */
const EXCEPTIONS = [
  "src/vmconf/conversion.ts → src/linux/mtu.ts",
  "src/vmconf/from_result.ts → src/linux/mtu.ts",
];

/** Rooms that may name Deno at all. */
const NAME_DENO = ["linux", "chain", "plugin", "cli"];

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
  }[];
}

const root = `file://${repositoryPath("")}`;

async function modules(entry: string): Promise<Module[]> {
  const { stdout } = await run(denoInfo("--json", repositoryPath(entry)));
  return JSON.parse(stdout).modules;
}

/** The room of a module: the folder in `src`, or the name of a file there. */
function roomOf(path: string): string | undefined {
  return path.match(/^src\/([^/.]+)/)?.[1];
}

async function imports(): Promise<[from: string, to: string][]> {
  const found = new Map<string, [string, string]>();
  for (const entry of ["mod.ts", "src/cli/main.ts"]) {
    for (const { specifier, dependencies = [] } of await modules(entry)) {
      for (const { code, type } of dependencies) {
        const target = (code ?? type)?.specifier ?? "";
        if (!specifier.startsWith(root) || !target.startsWith(root)) continue;
        const [from, to] = [specifier, target].map((it) =>
          it.slice(root.length)
        ) as [string, string];
        found.set(`${from} → ${to}`, [from, to]);
      }
    }
  }
  return [...found.values()];
}

Deno.test("rooms import only from the rooms that they may know", async () => {
  const all = await imports();
  const strays = all.filter(([from, to]) => {
    const [room, target] = [roomOf(from), roomOf(to)];
    if (room === undefined || room === "cli" || room === target) return false;
    return !MAY_IMPORT[room]?.includes(target ?? "") &&
      !EXCEPTIONS.includes(`${from} → ${to}`);
  });
  assertEquals(strays, []);
  assertEquals(all.length > 30, true, "the module graph was not read");
});

async function sources(): Promise<[path: string, text: string][]> {
  const paths = [
    ...new Set(
      (await imports()).flat().filter((path) =>
        /^(?:mod|src\/.*)\.ts$/.test(path)
      ),
    ),
  ];
  return Promise.all(
    paths.map(async (path): Promise<[string, string]> => {
      const text = await Deno.readTextFile(repositoryPath(path));
      return [path, text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "")];
    }),
  );
}

Deno.test("only the kernel's side and the command name Deno, and only linux names dlopen", async () => {
  for (const [path, code] of await sources()) {
    const room = roomOf(path) ?? "mod";
    const namesDeno = /\bDeno\./.test(code);
    assertEquals(namesDeno && !NAME_DENO.includes(room), false, path);
    const loads = /\bdlopen\b/.test(code);
    assertEquals(loads && room !== "linux", false, path);
    assertEquals(/\bnonblocking\b/.test(code), false, path);
  }
});

Deno.test("importing the module asks for nothing and loads nothing", async () => {
  const { code, stderr } = await run(denoRun([], "mod.ts"));
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("the pure doors reach nothing that names Deno", async () => {
  for (const door of ["src/cni/result.ts", "src/formats/registry.ts"]) {
    const rooms = (await modules(door))
      .map(({ specifier }) => specifier)
      .filter((specifier) => specifier.startsWith(root))
      .map((specifier) => roomOf(specifier.slice(root.length)));
    assertEquals(
      rooms.filter((room) => NAME_DENO.includes(room ?? "")),
      [],
      door,
    );
  }
});
