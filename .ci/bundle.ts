/** Entry points → JavaScript, without what they do not use. */
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

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly registryUrl: string;
}

interface Graph {
  readonly modules: readonly Module[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

const GRAPH_NAMESPACE = "deno";
const LOADERS: Readonly<Record<string, esbuild.Loader>> = {
  JavaScript: "js",
  TypeScript: "ts",
  Json: "json",
};

/** Runs Deno, and gives what it printed. */
export function deno(program: string, args: readonly string[]): Uint8Array {
  const { success, stdout } = new Deno.Command(program, {
    args: [...args],
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`deno ${args[0]} failed`);
  return stdout;
}

function denoInfo(...args: readonly string[]) {
  const stdout = deno(Deno.execPath(), ["info", "--json", ...args]);
  return JSON.parse(new TextDecoder().decode(stdout));
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
  const { npmCache }: { npmCache: string } = denoInfo();
  const folder = Deno.makeTempDirSync();
  for (const { name, version, registryUrl } of Object.values(npmPackages)) {
    const { host } = new URL(registryUrl);
    const link = `${folder}/node_modules/${name}`;
    Deno.mkdirSync(link.slice(0, link.lastIndexOf("/")), { recursive: true });
    Deno.symlinkSync(`${npmCache}/${host}/${name}/${version}`, link);
  }
  return folder;
}

const root = import.meta.resolve("../");
const isOffline = import.meta.resolve("@std/assert").startsWith("file:");
const importMap = isOffline
  ? [`--import-map=${new URL("tests/offline/import_map.json", root).pathname}`]
  : [];

/**
 * Bundles an entry point: a file of its name, and one for each part that is
 * imported when it is needed.
 *
 * @param entry Its path in the repository, such as `src/cli/main.ts`.
 * @param outdir The folder that the files go to.
 * @param name The name of the first file, without its ending.
 */
export async function bundle(
  entry: string,
  outdir: string,
  name: string,
): Promise<void> {
  const module = new URL(entry, root);
  const graph: Graph = denoInfo(...importMap, module.pathname);
  const packages = linkPackages(graph);
  try {
    await esbuild.build({
      entryPoints: { [name]: module.href },
      outdir,
      bundle: true,
      splitting: true,
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

if (import.meta.main) {
  const [entry = "", outdir = "", name = ""] = Deno.args;
  await bundle(entry, outdir, name);
}
