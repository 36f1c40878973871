/**
 * The CNI plugin tc-redirect-tap: adds a tap for the VM to the interface that the
 * plugins before it made.
 */
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
import { parseTapConfig, type TapConfig } from "./config.ts";
import { deleteTap } from "./delete.ts";
import { type CniEnvironment, readEnvironment } from "./environment.ts";
import {
  CNI_ERROR_CODES,
  formatFailure,
  PluginFailure,
  toPluginFailure,
} from "./failure.ts";
import { readCompleteRequest, readRequest } from "./request.ts";
import { checkReadiness } from "./status.ts";
import { findSupported, SUPPORTED } from "./versions.ts";

/** What the plugin's process gives to its runtime. */
export interface PluginOutput {
  /** The exit code: 0 done, 1 failed. */
  readonly code: number;
  /** What is printed: a result, or the failure. */
  readonly stdout: string;
}

interface Command {
  /** What a version of the specification must have for the command. */
  readonly needs: Feature;
  /** Returns what is printed. */
  readonly run: (env: CniEnvironment, config: TapConfig) => string;
}

const NO_OUTPUT = "";

/** All commands but VERSION. */
const COMMANDS: Readonly<Record<string, Command>> = {
  ADD: {
    needs: "prevResult",
    run: (env, config) => {
      const request = readCompleteRequest(env, config);
      const result = addTap(loadLibc(), request);
      return printResult(result, request.cniVersion);
    },
  },
  CHECK: {
    needs: "CHECK",
    run: (env, config) => {
      const request = readCompleteRequest(env, config);
      checkTap(loadLibc(), request);
      return NO_OUTPUT;
    },
  },
  DEL: {
    needs: "prevResult",
    run: (env, config) => {
      const request = readRequest(env, config);
      deleteTap(loadLibc(), request);
      return NO_OUTPUT;
    },
  },
  STATUS: {
    needs: "STATUS",
    run: () => {
      checkReadiness();
      return NO_OUTPUT;
    },
  },
  // All that ADD makes is in the container's namespace, and is gone with it.
  GC: { needs: "GC", run: () => NO_OUTPUT },
};

/** Called after the request is read: a bad request needs no library. */
function loadLibc(): Libnl {
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
  const cniVersion = findAnswerVersion(stdin) ?? NEWEST_VERSION;
  return { code: 1, stdout: formatFailure(failure, cniVersion) };
}

function runCommand(env: CniEnvironment, stdin: string): string {
  const { CNI_COMMAND: name } = readEnvironment(env, ["CNI_COMMAND"]);
  if (name === "VERSION") {
    return formatVersions(findAnswerVersion(stdin) ?? NEWEST_VERSION);
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
  return command.run(env, config);
}

function formatVersions(cniVersion: Version): string {
  return `${JSON.stringify({ cniVersion, supportedVersions: SUPPORTED })}\n`;
}

/** The version to answer in, even if the rest of the configuration is wrong. */
function findAnswerVersion(stdin: string): Version | undefined {
  try {
    return findSupported(JSON.parse(stdin)?.cniVersion);
  } catch {
    return undefined;
  }
}
