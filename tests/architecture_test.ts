import { assert, assertEquals } from "@std/assert";
import { denoInfo, denoRun, repositoryPath, run } from "./child.ts";

/** What a folder of `src`, or a file there, may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  names: [],
  ip: ["errors"],
  cni: ["ip", "names", "errors"],
  vmconf: ["cni", "ip", "errors"],
  linux: ["names", "errors"],
  formats: ["vmconf", "cni", "ip", "names", "errors"],
  plugin: ["cni", "ip", "linux", "names", "errors"],
  chain: ["plugin", "vmconf", "cni", "ip", "linux", "names", "errors"],
};

/** The default of an option: otherwise pure folders do not know the kernel. */
const EXCEPTIONS = ["src/vmconf/from_result.ts → src/linux/mtu.ts"];

/** The folders that may use Deno. */
const USE_DENO = ["linux", "chain", "plugin", "cli"];

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    /** Whether it is loaded by `import()` alone. */
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
  }[];
}

const root = `file://${repositoryPath("")}`;

async function loadGraph(entry: string): Promise<Module[]> {
  const { stdout } = await run(denoInfo("--json", repositoryPath(entry)));
  return JSON.parse(stdout).modules;
}

/** The folder of `src` in which a module is, or the name of a file there. */
function findFolder(path: string): string | undefined {
  return path.match(/^src\/([^/.]+)/)?.[1];
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isDynamic: boolean;
}

/** The imports between our modules, those of types included. */
async function listImports(): Promise<Import[]> {
  const found = new Map<string, Import>();
  for (const entry of ["mod.ts", "src/cli/main.ts"]) {
    for (const { specifier, dependencies = [] } of await loadGraph(entry)) {
      for (const { code, type, isDynamic = false } of dependencies) {
        const target = (code ?? type)?.specifier ?? "";
        if (!specifier.startsWith(root) || !target.startsWith(root)) continue;
        const from = specifier.slice(root.length);
        const to = target.slice(root.length);
        found.set(`${from} → ${to}`, { from, to, isDynamic });
      }
    }
  }
  assert(found.size > 30, "the module graph was not read");
  return [...found.values()];
}

Deno.test("folders import only from the folders that they may know", async () => {
  const strays = (await listImports()).filter(({ from, to }) => {
    const [folder, target] = [findFolder(from), findFolder(to)];
    if (folder === undefined || folder === "cli" || folder === target) {
      return false;
    }
    return !MAY_IMPORT[folder]?.includes(target ?? "") &&
      !EXCEPTIONS.includes(`${from} → ${to}`);
  });
  assertEquals(strays, []);
});

/** Finds a way through imports that comes back to where it began. */
function findCycle(
  imports: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const done = new Set<string>();
  const visit = (
    path: string,
    way: readonly string[],
  ): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of imports.get(path) ?? []) {
      const cycle = visit(next, [...way, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of imports.keys()) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

Deno.test("no module imports itself through others, not even for a type", async () => {
  // A table may load by `import()` what imports the table.
  const atOnce = (await listImports()).filter(({ isDynamic }) => !isDynamic);
  const byModule = Map.groupBy(atOnce, ({ from }) => from);
  const imports = new Map(
    [...byModule].map(([from, all]) => [from, all.map(({ to }) => to)]),
  );
  assertEquals(findCycle(imports), undefined);
  const withCycle = new Map([...imports, ["src/errors.ts", ["mod.ts"]]]);
  assertEquals(findCycle(withCycle)?.at(-1), findCycle(withCycle)?.[0]);
  assert(findCycle(withCycle) !== undefined);
});

async function readSources(): Promise<[path: string, text: string][]> {
  const paths = [
    ...new Set(
      (await listImports()).flatMap(({ from, to }) => [from, to])
        .filter((path) => /^(?:mod|src\/.*)\.ts$/.test(path)),
    ),
  ];
  return Promise.all(
    paths.map(async (path): Promise<[string, string]> => {
      const text = await Deno.readTextFile(repositoryPath(path));
      return [path, text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "")];
    }),
  );
}

Deno.test("only some folders use Deno, and only linux uses dlopen", async () => {
  for (const [path, code] of await readSources()) {
    const folder = findFolder(path) ?? "mod";
    const usesDeno = /\bDeno\./.test(code);
    assertEquals(usesDeno && !USE_DENO.includes(folder), false, path);
    const loads = /\bdlopen\b/.test(code);
    assertEquals(loads && folder !== "linux", false, path);
    assertEquals(/\bnonblocking\b/.test(code), false, path);
  }
});

Deno.test("importing the module asks for nothing and loads nothing", async () => {
  const { code, stderr } = await run(denoRun([], "mod.ts"));
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("the pure entry points reach nothing that uses Deno", async () => {
  for (const entry of ["src/cni/result.ts", "src/formats/mod.ts"]) {
    const folders = (await loadGraph(entry))
      .map(({ specifier }) => specifier)
      .filter((specifier) => specifier.startsWith(root))
      .map((specifier) => findFolder(specifier.slice(root.length)));
    assertEquals(
      folders.filter((folder) => USE_DENO.includes(folder ?? "")),
      [],
      entry,
    );
  }
});
