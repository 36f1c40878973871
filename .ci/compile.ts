/**
 * Makes `dist/vmconf`, the standalone binary: `deno task compile [TARGET]`.
 *
 * The program is bundled first, and what it does not use is shaken off: zod
 * alone has a hundred modules, which cost more at start than all the rest.
 * `DENO_COMPILE` names another Deno than this one, to compile with.
 */
import * as esbuild from "esbuild";

/** A module, as `deno info --json` tells of it. */
interface Module {
  readonly specifier: string;
  readonly local?: string;
  readonly mediaType?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier: string };
  }[];
}

interface Graph {
  readonly modules: readonly Module[];
  readonly npmPackages: Readonly<
    Record<string, { readonly name: string; readonly localPath: string }>
  >;
}

/** What the binary may do: no more than the command asks for. */
const PERMISSIONS = ["--no-prompt", "--allow-read", "--allow-ffi"];

const ENTRY = "src/cli/main.ts";
const GRAPH_NAMESPACE = "deno";
const LOADERS: Readonly<Record<string, esbuild.Loader>> = {
  JavaScript: "js",
  TypeScript: "ts",
  Json: "json",
};

function deno(program: string, args: readonly string[]): Uint8Array {
  const { success, stdout } = new Deno.Command(program, {
    args: [...args],
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`deno ${args[0]} failed`);
  return stdout;
}

/** Deno resolves; esbuild is told what it found. */
function resolvedByDeno(graph: Graph, packages: string): esbuild.Plugin {
  const modules = new Map(
    graph.modules.map((module) => [module.specifier, module]),
  );
  return {
    name: "deno",
    setup(build) {
      build.onResolve(
        { filter: /.*/ },
        ({ path, kind }) =>
          kind === "entry-point"
            ? { path, namespace: GRAPH_NAMESPACE }
            : undefined,
      );
      build.onResolve(
        { filter: /.*/, namespace: GRAPH_NAMESPACE },
        ({ path, importer, kind }) => {
          const target = modules.get(importer)?.dependencies
            ?.find(({ specifier }) => specifier === path)?.code?.specifier;
          const inPackage = target?.match(/^npm:(@?[^@]+)@[^/]+(.*)$/);
          if (inPackage) {
            const [, name, subpath] = inPackage;
            return build.resolve(`${name}${subpath}`, {
              kind,
              resolveDir: packages,
            });
          }
          return target?.startsWith("node:")
            ? { path: target, external: true }
            : { path: target, namespace: GRAPH_NAMESPACE };
        },
      );
      build.onLoad({ filter: /.*/, namespace: GRAPH_NAMESPACE }, ({ path }) => {
        const { local = "", mediaType = "" } = modules.get(path) ?? {};
        return {
          contents: Deno.readTextFileSync(local),
          loader: LOADERS[mediaType],
        };
      });
    },
  };
}

/** A folder in which esbuild finds npm packages where Deno keeps them. */
function linkPackages({ npmPackages }: Graph): string {
  const folder = Deno.makeTempDirSync();
  for (const { name, localPath } of Object.values(npmPackages)) {
    const link = `${folder}/node_modules/${name}`;
    Deno.mkdirSync(link.slice(0, link.lastIndexOf("/")), { recursive: true });
    Deno.symlinkSync(localPath, link);
  }
  return folder;
}

async function bundle(importMap: readonly string[]): Promise<void> {
  const graph: Graph = JSON.parse(new TextDecoder().decode(
    deno(Deno.execPath(), ["info", "--json", ...importMap, ENTRY]),
  ));
  const packages = linkPackages(graph);
  try {
    await esbuild.build({
      entryPoints: [import.meta.resolve(`../${ENTRY}`)],
      outfile: "dist/vmconf.js",
      bundle: true,
      minify: true,
      keepNames: true,
      format: "esm",
      target: "esnext",
      plugins: [resolvedByDeno(graph, packages)],
    });
  } finally {
    await Deno.remove(packages, { recursive: true });
    await esbuild.stop();
  }
}

const [target] = Deno.args;
const isOffline = import.meta.resolve("@std/assert").startsWith("file:");
await bundle(isOffline ? ["--import-map=tests/offline/import_map.json"] : []);
deno(Deno.env.get("DENO_COMPILE") ?? Deno.execPath(), [
  "compile",
  "--quiet",
  "--no-config",
  ...PERMISSIONS,
  ...target === undefined ? [] : ["--target", target],
  "--output",
  target === undefined ? "dist/vmconf" : `dist/vmconf-${target}`,
  "dist/vmconf.js",
]);
