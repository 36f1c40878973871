/**
 * A place for chains of plugins that record how they are called, and do what
 * the test says. Nothing else of the machine is changed.
 */
import type { ChainOptions } from "../../src/chain/chain.ts";
import { loadAllFunctions } from "../linux/all_functions.ts";
import { vmconf } from "../child.ts";
import { isRoot } from "../integration/sandbox.ts";

/** One call of a plugin, as the plugin recorded it. */
export interface Recorded {
  readonly plugin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly netns: string;
  readonly stdin: Readonly<Record<string, unknown>>;
}

/** The place. */
export interface Recorder extends AsyncDisposable {
  /** Folders of this place. */
  readonly options: ChainOptions;
  readonly folder: string;
  /** The command line of vmconf, with the folders' flags that the command has. */
  readonly command: (...args: readonly string[]) => string[];
  /** Writes a network, and makes its plugins. */
  readonly network: (config: {
    readonly name: string;
    readonly plugins: readonly { readonly type: string }[];
    readonly [member: string]: unknown;
  }) => void;
  /** Makes a plugin run a shell script on a command, before it answers. */
  readonly when: (plugin: string, command: string, script: string) => void;
  /** The calls so far, VERSION left out. */
  readonly calls: () => Recorded[];
  /** The calls so far, such as `ADD a`. */
  readonly order: () => string[];
}

/** Why chains cannot be run here: entering a namespace needs root. */
export const noRecorder: string | undefined = isRoot ? undefined : "not root";

/**
 * Makes an empty namespace, which ends with this process.
 *
 * Nothing is mounted: the process in it keeps it alive.
 */
export function createNetns(): string {
  const child = new Deno.Command("unshare", {
    args: ["--net", "sh", "-c", "echo ready; read end"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  child.unref();
  const path = `/proc/${child.pid}/ns/net`;
  const own = Deno.readLinkSync("/proc/self/ns/net");
  while (Deno.readLinkSync(path) === own) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  return path;
}

/** Two empty namespaces; made here, because in a test they would be leaks. */
export const [NETNS, OTHER_NETNS] = noRecorder === undefined
  ? [createNetns(), createNetns()]
  : ["", ""];

/** A network of two plugins. */
export const AB = {
  cniVersion: "1.0.0",
  name: "mynet",
  plugins: [{ type: "a" }, { type: "b" }],
};

/** A container, and all of its networks. */
export const VM = { containerID: "vm-1", netNSPath: NETNS };
export const ALL = { ...VM, networks: [AB.name] };

/** How a person adds that container. */
export const ADD = [
  "add",
  "mynet",
  "--id=vm-1",
  `--netns=${NETNS}`,
  "--format=result",
];

if (noRecorder === undefined) loadAllFunctions();

const PLUGIN = `#!/bin/sh
name=\${0##*/}
here=\${0%/bin/*}
stdin=$(cat)
printf '{"plugin":"%s","netns":"%s","env":{"CNI_COMMAND":"%s","CNI_CONTAINERID":"%s","CNI_NETNS":"%s","CNI_IFNAME":"%s","CNI_ARGS":"%s","CNI_PATH":"%s"},"stdin":%s}\\n' \\
  "$name" "$(readlink /proc/self/ns/net)" "$CNI_COMMAND" "$CNI_CONTAINERID" "$CNI_NETNS" "$CNI_IFNAME" "$CNI_ARGS" "$CNI_PATH" "$stdin" >> "$here/log"
[ -f "$here/when/$name-$CNI_COMMAND" ] && . "$here/when/$name-$CNI_COMMAND"
case $CNI_COMMAND in
ADD) echo "{\\"cniVersion\\":\\"1.0.0\\",\\"interfaces\\":[{\\"name\\":\\"by-$name\\"}],\\"ips\\":[]}" ;;
VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}' ;;
esac
`;

/** Makes a place without networks. */
export function createRecorder(): Recorder {
  const folder = Deno.makeTempDirSync({ prefix: "vmconf-chain-" });
  for (const name of ["bin", "net.d", "when"]) {
    Deno.mkdirSync(`${folder}/${name}`);
  }
  const calls = () => {
    try {
      return Deno.readTextFileSync(`${folder}/log`).trim().split("\n")
        .map((line): Recorded => JSON.parse(line))
        .filter(({ env }) => env.CNI_COMMAND !== "VERSION");
    } catch {
      return [];
    }
  };
  return {
    options: {
      confDirs: [`${folder}/net.d`],
      binDirs: [`${folder}/bin`],
      cacheDir: `${folder}/cache`,
      timeoutMs: 20_000,
    },
    folder,
    command: (name, ...args) =>
      vmconf(
        ["--allow-all"],
        ...name === undefined ? [] : [name],
        ...args,
        ...name === "list"
          ? []
          : [`--conf-dir=${folder}/net.d`, `--bin-dir=${folder}/bin`],
        `--cache-dir=${folder}/cache`,
      ),
    network: (config) => {
      for (const { type } of config.plugins) {
        const path = `${folder}/bin/${type}`;
        Deno.writeTextFileSync(path, PLUGIN, { mode: 0o755 });
      }
      Deno.writeTextFileSync(
        `${folder}/net.d/${config.name}.conflist`,
        JSON.stringify(config),
      );
    },
    when: (plugin, command, script) =>
      Deno.writeTextFileSync(`${folder}/when/${plugin}-${command}`, script),
    calls,
    order: () =>
      calls().map(({ plugin, env }) => `${env.CNI_COMMAND} ${plugin}`),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Makes a place with the network `mynet`: {@linkcode AB}, changed. */
export function createNetwork(config: object = {}): Recorder {
  const place = createRecorder();
  place.network({ ...AB, ...config });
  return place;
}

/** A plugin's own error, in the words of the specification. */
export function failWith(code: number, msg: string): string {
  return `echo '${JSON.stringify({ code, msg })}'; exit 1\n`;
}
