/**
 * The CNI plugin tc-redirect-tap: adds a tap for the VM to the interface that the
 * plugins before it made.
 */
import type { CniResult } from "../cni/result.ts";
import {
  type Feature,
  firstVersionWith,
  hasFeature,
  NEWEST_VERSION,
  printResult,
  type Version,
} from "../cni/versions.ts";
import { quote } from "../errors.ts";
import { loadLibnl } from "../linux/library.ts";
import type { Libnl } from "../linux/symbols/libnl.ts";
import { addTap } from "./add.ts";
import { checkTap } from "./check.ts";
import {
  findSupportedVersion,
  parseTapConfig,
  SUPPORTED_VERSIONS,
  type TapConfig,
} from "./config.ts";
import { deleteTap } from "./delete.ts";
import { type CniEnvironment, requireVariables } from "./environment.ts";
import {
  CNI_ERROR_CODES,
  formatFailure,
  PluginFailure,
  toPluginFailure,
} from "./failure.ts";
import { readCompleteRequest, readRequest } from "./request.ts";
import { checkReadiness } from "./status.ts";

/** What the plugin's process gives to its runtime. */
export interface PluginOutput {
  /** The exit code: 0 done, 1 failed. */
  readonly code: number;
  /** A result, or the failure. */
  readonly stdout: string;
}

interface Command {
  /** What a version of the specification must have for the command. */
  readonly needs: Feature;
  readonly run: (
    env: CniEnvironment,
    config: TapConfig,
  ) => CniResult | void;
}

/** All commands but VERSION. */
const COMMANDS: Readonly<Record<string, Command>> = {
  ADD: {
    needs: "prevResult",
    run: (env, config) => {
      const request = readCompleteRequest(env, config);
      return addTap(loadCalls(), request);
    },
  },
  CHECK: {
    needs: "CHECK",
    run: (env, config) => {
      const request = readCompleteRequest(env, config);
      checkTap(loadCalls(), request);
    },
  },
  DEL: {
    needs: "prevResult",
    run: (env, config) => {
      const request = readRequest(env, config);
      deleteTap(loadCalls(), request);
    },
  },
  STATUS: {
    needs: "STATUS",
    run: () => {
      checkReadiness();
    },
  },
  // All that ADD makes is in the container's namespace, and is gone with it.
  GC: { needs: "GC", run: () => {} },
};

/** Called after the request is read: a bad request needs no library. */
function loadCalls(): Libnl {
  return loadLibnl("cannot reach the kernel");
}

/**
 * Runs the command that a CNI runtime asks for.
 *
 * Source: CNI specification 1.1.0, section 2, "Execution Protocol".
 */
export function runPlugin(env: CniEnvironment, stdin: string): PluginOutput {
  try {
    return { code: 0, stdout: runCommand(env, stdin) };
  } catch (error) {
    return reportFailure(error, stdin);
  }
}

export function reportFailure(error: unknown, stdin: string): PluginOutput {
  const failure = toPluginFailure(error);
  if (failure === undefined) throw error;
  const stdout = formatFailure(failure, findAnswerVersion(stdin));
  return { code: 1, stdout };
}

function runCommand(env: CniEnvironment, stdin: string): string {
  requireVariables(env, ["CNI_COMMAND"]);
  const { CNI_COMMAND: name = "" } = env;
  if (name === "VERSION") {
    const cniVersion = findAnswerVersion(stdin);
    const supportedVersions = SUPPORTED_VERSIONS;
    return `${JSON.stringify({ cniVersion, supportedVersions })}\n`;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new PluginFailure(
      CNI_ERROR_CODES.invalidEnvironment,
      `unknown CNI_COMMAND: ${quote(name)}`,
      `Known: ${[...Object.keys(COMMANDS), "VERSION"].join(", ")}.`,
    );
  }
  const config = parseTapConfig(stdin);
  if (!hasFeature(config.cniVersion, command.needs)) {
    throw new PluginFailure(
      CNI_ERROR_CODES.incompatibleVersion,
      `config version does not allow ${name}`,
      `config is ${quote(config.cniVersion)}; ${name} came with ${
        quote(firstVersionWith(command.needs))
      }`,
    );
  }
  const result = command.run(env, config);
  return result === undefined ? "" : printResult(result, config.cniVersion);
}

/** The version to answer in, even if the rest of the configuration is wrong. */
function findAnswerVersion(stdin: string): Version {
  try {
    const { cniVersion } = Object(JSON.parse(stdin));
    return findSupportedVersion(cniVersion) ?? NEWEST_VERSION;
  } catch {
    return NEWEST_VERSION;
  }
}
