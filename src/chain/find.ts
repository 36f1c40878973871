/** Finding network configurations and the executables of plugins. */
import {
  NAME,
  type Network,
  parseNetwork,
  type PluginConfig,
} from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";
import { type Context, mustBeGranted } from "./context.ts";

/** A file that may be a network configuration, read. */
interface Candidate {
  readonly path: string;
  /** The network, or what is wrong with the file. */
  readonly network: Network | VmConfError;
}

/** Lists come before single plugins, whatever their names, as in libcni. */
const KINDS: readonly (readonly string[])[] = [
  [".conflist"],
  [".conf", ".json"],
];

/**
 * Finds a network by its name: the first file that has it, folder by folder, in
 * the order of the files' names.
 *
 * @param context The folders.
 * @param name The network's name.
 * @returns The network.
 * @throws {VmConfError} `no-network`; `invalid-network` if the file that has that
 * name is faulty; `not-granted`.
 */
export function findNetwork(context: Context, name: string): Network {
  const strays: string[] = [];
  const names: string[] = [];
  for (const { path, network } of candidates(context)) {
    if (!(network instanceof VmConfError)) {
      if (network.name === name) return network;
      names.push(network.name);
    } else if (claims(path, name)) {
      throw within(path, network);
    } else {
      strays.push(`${quote(path)}: ${network.message.split("\n", 1)[0]}`);
    }
  }
  const [stray] = strays;
  const known = names.length === 0 ? "none" : names.map(quote).join(", ");
  throw new VmConfError(
    "no-network",
    `no net configuration with name ${quote(name)} in ${
      context.confDirs.join(":")
    }`,
    {
      hint: `Networks that are there: ${known}.${
        stray === undefined ? "" : ` A file that could not be read: ${stray}.`
      }`,
    },
  );
}

/**
 * Finds all networks.
 *
 * @param context The folders.
 * @returns The networks, each name once; faulty files are told of.
 * @throws {VmConfError} `not-granted`
 */
export function findNetworks(context: Context): Network[] {
  const found = new Map<string, Network>();
  for (const { path, network } of candidates(context)) {
    if (network instanceof VmConfError) {
      const message = within(path, network).message;
      context.onEvent({ kind: "note", message: `left out: ${message}` });
    } else if (!found.has(network.name)) found.set(network.name, network);
  }
  return [...found.values()];
}

function* candidates({ confDirs }: Context): Generator<Candidate> {
  for (const folder of confDirs) {
    mustBeGranted(
      { name: "read", path: folder },
      `to read ${folder}`,
      `--allow-read=${folder}`,
    );
    for (const extensions of KINDS) {
      for (const path of filesIn(folder, extensions)) {
        yield { path, network: networkIn(folder, path) };
      }
    }
  }
}

function networkIn(folder: string, path: string): Network | VmConfError {
  try {
    const text = Deno.readTextFileSync(path);
    const { name, loadOnlyInlinedPlugins } = Object(tolerantly(text));
    const more = !loadOnlyInlinedPlugins && NAME.test(name)
      ? filesIn(`${folder}/${name}`, [".conf"])
      : [];
    return parseNetwork(text, more.map((path) => Deno.readTextFileSync(path)));
  } catch (error) {
    if (error instanceof VmConfError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new VmConfError("no-network", reason, { cause: error });
  }
}

/** For a first look at a text that is checked afterwards. */
function tolerantly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a faulty file is the one that was asked for. */
function claims(path: string, name: string): boolean {
  try {
    return Object(tolerantly(Deno.readTextFileSync(path))).name === name;
  } catch {
    return false;
  }
}

function within(path: string, error: VmConfError): VmConfError {
  const message = error.message.split("\n").map((line) =>
    `${quote(path)}: ${line}`
  ).join("\n");
  return new VmConfError(error.code, message, {
    path: error.path,
    hint: error.hint,
    cause: error,
  });
}

/** In the order of their names; a folder that is not there has none. */
function filesIn(folder: string, extensions: readonly string[]): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ name, isDirectory }) =>
        !isDirectory && extensions.some((extension) => name.endsWith(extension))
      )
      .map(({ name }) => `${folder}/${name}`)
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Finds a plugin's executable: in the first plugin folder that has it.
 *
 * @param context The folders.
 * @param plugin The plugin.
 * @returns The path of its executable, which may be run.
 * @throws {VmConfError} `no-plugin`; `not-granted` if it may not be run.
 */
export function findPlugin(
  { binDirs }: Context,
  { type }: PluginConfig,
): string {
  for (const folder of binDirs) {
    mustBeGranted(
      { name: "read", path: folder },
      `to read ${folder}`,
      `--allow-read=${folder}`,
    );
    const path = `${folder}/${type}`;
    if (!isExecutable(path)) continue;
    mustBeGranted(
      { name: "run", command: path },
      `to run ${path}`,
      `--allow-run=${path}`,
    );
    return path;
  }
  throw new VmConfError(
    "no-plugin",
    `failed to find plugin ${quote(type)} in path [${binDirs.join(" ")}]`,
    {
      hint:
        "Install it (Debian, Ubuntu: apt install containernetworking-plugins; Fedora, RHEL: dnf install containernetworking-plugins), or name its folder with --bin-dir DIR (in code: options.binDirs).",
    },
  );
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
