/** Flags of the commands that run a chain, and what their values mean. */
import type { AttachmentRequest } from "../chain/chain.ts";
import { quote } from "../errors.ts";
import { usage } from "./arguments.ts";
import type { Arguments, Flag } from "./command.ts";
import { CACHE_DIR_FLAG, REQUIRED_ID_FLAG, requireId } from "./flags.ts";

export const CHAIN_FLAGS: readonly Flag[] = [
  {
    name: "conf-dir",
    value: "DIR",
    repeatable: true,
    summary:
      "a folder with network configurations (default: $NETCONFPATH or /etc/cni/net.d)",
  },
  {
    name: "bin-dir",
    value: "DIR",
    repeatable: true,
    summary:
      "a folder with plugins (default: $CNI_PATH, or /opt/cni/bin, /usr/lib/cni and /usr/libexec/cni)",
  },
  CACHE_DIR_FLAG,
  {
    name: "timeout",
    value: "SECONDS",
    summary:
      "how long one plugin may run, and how long to wait for a lock (default: 60)",
  },
  { name: "verbose", summary: "print the input and the output of each plugin" },
];

export const NETNS_FLAG: Flag = {
  name: "netns",
  value: "PATH|NAME",
  summary:
    "the network namespace: an absolute path, or a name in /run/netns (default: vmconf-ID)",
};

export const ATTACHMENT_FLAGS: readonly Flag[] = [
  REQUIRED_ID_FLAG,
  NETNS_FLAG,
  {
    name: "if-name",
    value: "NAME",
    repeatable: true,
    summary:
      "the interface's name in the namespace, once for each NETWORK (default: eth0, eth1, ...)",
  },
  {
    name: "args",
    value: "K=V;K=V",
    summary: "arguments for all plugins (CNI_ARGS)",
  },
  {
    name: "capability-args",
    value: "JSON",
    summary:
      'arguments for capabilities, such as {"portMappings": [{"hostPort": 80, "containerPort": 80, "protocol": "tcp"}]}',
  },
];

/** The networks that the command line names; `undefined` stands for all. */
export function selectNetworks(
  { operands }: Arguments,
): readonly string[] | undefined {
  return operands.length === 0 ? undefined : operands;
}

/** Parses the operands and the values of {@linkcode ATTACHMENT_FLAGS}. */
export function parseAttachment(args: Arguments): AttachmentRequest {
  const { flags, lists } = args;
  return {
    containerID: requireId(args),
    networks: selectNetworks(args),
    netNSPath: flags.get("netns"),
    ifNames: lists.get("if-name"),
    args: parsePairs(flags.get("args")),
    capabilityArgs: parseObject(flags.get("capability-args")),
  };
}

function parsePairs(
  text: string | undefined,
): (readonly [string, string])[] | undefined {
  return text?.split(";").filter(Boolean).map((pair) => {
    const [key = "", ...value] = pair.split("=");
    if (key !== "" && value.length > 0) return [key, value.join("=")];
    throw usage(`--args: expected K=V, found ${quote(pair)}`);
  });
}

function parseObject(
  text: string | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Object.prototype.toString.call(value) === "[object Object]") {
      return { ...Object(value) };
    }
  } catch {
    // It is the same error.
  }
  throw usage(
    `--capability-args: expected a JSON object, found ${quote(text)}`,
  );
}

/** In milliseconds. */
export function parseTimeoutFlag({ flags }: Arguments): number | undefined {
  const text = flags.get("timeout");
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0) return seconds * 1000;
  throw usage(
    `--timeout: expected a number of seconds, found ${quote(text)}`,
  );
}
