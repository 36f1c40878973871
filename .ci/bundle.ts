/** Bundles an entry point into JavaScript, without the code that it does not use. */
import { type Plugin, rolldown } from "rolldown";
import { denoCommand } from "./deno.ts";

/** A module in the output of `deno info --json`. */
interface Module {
  readonly specifier: string;
  readonly local?: string;
  /** How many bytes of the file `local` are the module's; Deno's own follow. */
  readonly size?: number;
  readonly mediaType?: string;
  /** Why it cannot be loaded. */
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly registryUrl: string;
}

interface Graph {
  readonly modules: readonly Module[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

/** The bundler's names of Deno's media types. */
const MODULE_TYPES: Readonly<Record<string, "js" | "ts" | "json">> = {
  JavaScript: "js",
  TypeScript: "ts",
  Json: "json",
};

/** Runs Deno and returns its standard output. */
export function runDeno(program: string, args: readonly string[]): Uint8Array {
  const { success, stdout } = new Deno.Command(program, {
    args: [...args],
    stderr: "inherit",
  }).outputSync();
  if (!success) throw new Error(`deno ${args[0]} failed`);
  return stdout;
}

function readDenoInfo(...args: readonly string[]) {
  const [program, ...command] = denoCommand("info", "--json", ...args);
  const stdout = runDeno(program, command);
  return JSON.parse(new TextDecoder().decode(stdout));
}

type Modules = ReadonlyMap<string, Module>;

/** Finds modules by specifier; imports lead to their final address. */
function indexModules({ modules, redirects }: Graph): Modules {
  return new Map(modules.map((module) => {
    const dependencies = module.dependencies?.map(({ code, ...dependency }) => (
      code === undefined ? dependency : {
        ...dependency,
        code: { specifier: redirects[code.specifier] ?? code.specifier },
      }
    ));
    return [module.specifier, { ...module, dependencies }];
  }));
}

/** Tells the bundler which module Deno finds for a specifier, and its text. */
function resolveByDeno(
  modules: Modules,
  packages: string,
  inPackages: Map<string, string>,
): Plugin {
  return {
    name: "deno",
    async resolveId(specifier, importer) {
      if (importer === undefined) return specifier;
      const target = modules.get(importer)?.dependencies
        ?.find((dependency) => dependency.specifier === specifier)
        ?.code?.specifier;
      const parts = target?.match(/^npm:\/?(@?[^@]+)@[^/]+(.*)$/);
      if (!target || !parts) return target;
      const [, name, subpath] = parts;
      const found = await this.resolve(
        `${name}${subpath}`,
        `${packages}/main.js`,
      );
      if (found) inPackages.set(found.id, target);
      return found;
    },
    load(id) {
      const { local, size, mediaType = "", error } = modules.get(id) ?? {};
      if (error !== undefined) throw new Error(error);
      return local === undefined ? undefined : {
        code: new TextDecoder().decode(
          Deno.readFileSync(local).subarray(0, size),
        ),
        moduleType: MODULE_TYPES[mediaType],
      };
    },
  };
}

/** Collects the modules that are loaded together with others. */
function collectLoaded(
  entries: readonly string[],
  modules: Modules,
  loaded: Set<string> = new Set(),
): Set<string> {
  for (const entry of entries.filter((entry) => !loaded.has(entry))) {
    loaded.add(entry);
    const imported = (modules.get(entry)?.dependencies ?? [])
      .filter(({ isDynamic }) => !isDynamic)
      .flatMap(({ code }) => code?.specifier ?? []);
    collectLoaded(imported, modules, loaded);
  }
  return loaded;
}

/** Makes a folder with links to Deno's npm packages, for the bundler. */
function linkPackages({ npmPackages }: Graph): string {
  const { npmCache }: { npmCache: string } = readDenoInfo();
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

/**
 * Bundles an entry point into a file `name`.js, a file with what is loaded with
 * it, and files with what it imports later.
 *
 * `used` are modules that are imported later but in most runs. They go into the
 * file of what is loaded at once: a further file costs more than a larger one.
 */
export async function bundle(
  entry: string,
  outdir: string,
  name: string,
  used: readonly string[] = [],
): Promise<void> {
  const [first = "", ...others] = [entry, ...used].map((path) =>
    new URL(path, root).href
  );
  const graph: Graph = readDenoInfo(new URL(first).pathname);
  const modules = indexModules(graph);
  const together = collectLoaded([first, ...others], modules);
  together.delete(first);
  const packages = linkPackages(graph);
  const inPackages = new Map<string, string>();
  try {
    const bundle = await rolldown({
      input: { [name]: first },
      plugins: [resolveByDeno(modules, packages, inPackages)],
      preserveEntrySignatures: "allow-extension",
      // Most runs import one format; lists import all of them at once.
      checks: { ineffectiveDynamicImport: false },
    });
    await bundle.write({
      dir: outdir,
      minify: true,
      keepNames: true,
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [{
          name: "common",
          test: (id) => together.has(inPackages.get(id) ?? id),
        }],
      },
    });
    await bundle.close();
  } finally {
    await Deno.remove(packages, { recursive: true });
  }
}

if (import.meta.main) {
  const [entry = "", outdir = "", name = ""] = Deno.args;
  await bundle(entry, outdir, name);
}
