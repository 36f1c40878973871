/** Flags of the commands that run a chain, and what their values mean. */
import type { ChainOptions } from "../chain/context.ts";
import { quote, VmConfError } from "../errors.ts";
import { usage } from "./arguments.ts";
import { observer } from "./chain_progress.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { printError } from "./output.ts";

/** Folders, limits and how much is told. */
export const CHAIN_FLAGS: readonly Flag[] = [
  {
    name: "conf-dir",
    value: "DIR",
    repeatable: true,
    summary:
      "a folder of network configurations (default: $NETCONFPATH or /etc/cni/net.d)",
  },
  {
    name: "bin-dir",
    value: "DIR",
    repeatable: true,
    summary:
      "a folder of plugins (default: $CNI_PATH, or /opt/cni/bin, /usr/lib/cni and /usr/libexec/cni)",
  },
  {
    name: "cache-dir",
    value: "DIR",
    summary: "the folder of records of attachments (default: /var/lib/cni)",
  },
  {
    name: "timeout",
    value: "SECONDS",
    summary: "how long one plugin may take, and a lock (default: 60)",
  },
  {
    name: "verbose",
    summary: "show what plugins are given and what they answer",
  },
];

/** `--id` */
export const ID_FLAG: Flag = {
  name: "id",
  value: "ID",
  summary: "the container's id: the VM's id (required)",
};

/** `--netns` */
export const NETNS_FLAG: Flag = {
  name: "netns",
  value: "PATH|NAME",
  summary:
    "the network namespace: an absolute path, or a name in /run/netns (default: vmconf-ID)",
};

/** `--if-name` */
export const IF_NAME_FLAG: Flag = {
  name: "if-name",
  value: "NAME",
  repeatable: true,
  summary:
    "the interface in the namespace, once for each NETWORK (default: eth0, eth1, ...)",
};

/** `--args` and `--capability-args` */
export const ARGS_FLAGS: readonly Flag[] = [
  {
    name: "args",
    value: "K=V;K=V",
    summary: "arguments for all plugins (CNI_ARGS)",
  },
  {
    name: "capability-args",
    value: "JSON",
    summary:
      'arguments by capability, such as {"portMappings": [{"hostPort": 80, "containerPort": 80, "protocol": "tcp"}]}',
  },
];

/** The id that `--id` gives. */
export function idOf({ flags }: Arguments, command: Command): string {
  const id = flags.get("id");
  if (id !== undefined) return id;
  throw usage("Missing flag: expected --id ID", command);
}

/** What the flags say of an attachment. */
export function attachmentOf(
  { flags, lists }: Arguments,
  command: Command,
): {
  readonly netNSPath?: string;
  readonly ifNames?: readonly string[];
  readonly args?: readonly (readonly [string, string])[];
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
} {
  const args = flags.get("args")?.split(";").filter(Boolean).map((pair) => {
    const [key = "", ...value] = pair.split("=");
    if (key !== "" && value.length > 0) return [key, value.join("=")] as const;
    throw usage(`--args: expected K=V, found ${quote(pair)}`, command);
  });
  return {
    netNSPath: flags.get("netns"),
    ifNames: lists.get("if-name"),
    args,
    capabilityArgs: capabilityArgsOf(flags.get("capability-args"), command),
  };
}

function capabilityArgsOf(
  text: string | undefined,
  command: Command,
): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Object.prototype.toString.call(value) === "[object Object]") {
      return { ...Object(value) };
    }
  } catch {
    // Told below.
  }
  throw usage(
    `--capability-args: expected a JSON object, found ${quote(text)}`,
    command,
  );
}

/** Runs an operation of the chain, which Ctrl-C stops in good order. */
export async function withChain(
  { flags, lists }: Arguments,
  command: Command,
  run: (options: ChainOptions) => Promise<number>,
): Promise<number> {
  const stop = new AbortController();
  const listeners = Object.entries(SIGNALS).map(([name, code]) =>
    [name as Deno.Signal, () => stop.abort(code)] as const
  );
  for (const [name, listener] of listeners) {
    Deno.addSignalListener(name, listener);
  }
  try {
    return await run({
      confDirs: lists.get("conf-dir"),
      binDirs: lists.get("bin-dir"),
      cacheDir: flags.get("cache-dir"),
      timeoutMs: timeoutOf(flags.get("timeout"), command),
      signal: stop.signal,
      onEvent: observer(flags.has("verbose")),
    });
  } catch (error) {
    if (!(error instanceof VmConfError) || !stop.signal.aborted) throw error;
    printError(error, flags.has("json"));
    return Number(stop.signal.reason);
  } finally {
    for (const [name, listener] of listeners) {
      Deno.removeSignalListener(name, listener);
    }
  }
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

function timeoutOf(
  text: string | undefined,
  command: Command,
): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0) return seconds * 1000;
  throw usage(
    `--timeout: expected a number of seconds, found ${quote(text)}`,
    command,
  );
}
