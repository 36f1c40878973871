/**
 * The CNI plugin tc-redirect-tap: a tap for the VM, beside the interface that
 * the plugins before it made for a container.
 */
import { printResult } from "../cni/print.ts";
import { quote } from "../errors.ts";
import { loadRtnlCalls, type RtnlCalls } from "../linux/rtnl.ts";
import type { Version } from "../cni/versions.ts";
import { add } from "./add.ts";
import { check } from "./check.ts";
import { type Config, readConfig } from "./config.ts";
import { del } from "./delete.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { CODES, Failure, failureOf, printFailure } from "./failure.ts";
import { readRequest, readWholeRequest, type Request } from "./request.ts";
import { status } from "./status.ts";
import { isSince, NEWEST, SUPPORTED, supportedVersion } from "./versions.ts";

/** What a plugin leaves behind for its runtime. */
export interface Outcome {
  /** The exit code: 0 done, 1 failed. */
  readonly code: number;
  /** What is printed: a result, or the failure. */
  readonly stdout: string;
}

/** An operation of the specification, but for VERSION. */
interface Operation {
  /** The oldest version that has it. */
  readonly since: Version;
  /** Does it; gives what is printed. */
  readonly run: (env: Environment, config: Config) => string;
}

const NOTHING = "";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ADD: onAttachment("0.3.0", readWholeRequest, (calls, request) => {
    return printResult(add(calls, request), request.cniVersion);
  }),
  CHECK: onAttachment("0.4.0", readWholeRequest, (calls, request) => {
    check(calls, request);
    return NOTHING;
  }),
  DEL: onAttachment("0.3.0", readRequest, (calls, request) => {
    del(calls, request);
    return NOTHING;
  }),
  STATUS: {
    since: "1.1.0",
    run: () => {
      status();
      return NOTHING;
    },
  },
  // All that ADD makes is inside the container's namespace and goes with it, so
  // nothing can be left of an attachment that is gone.
  GC: { since: "1.1.0", run: () => NOTHING },
};

/** The kernel is reached for only when it is known what is wanted of it. */
function onAttachment<T extends Request>(
  since: Version,
  read: (env: Environment, config: Config) => T,
  run: (calls: RtnlCalls, request: T) => string,
): Operation {
  return {
    since,
    run: (env, config) => {
      const request = read(env, config);
      return run(loadRtnlCalls("cannot reach the kernel"), request);
    },
  };
}

/**
 * Does what a CNI runtime asks for.
 *
 * Source: CNI specification 1.1.0, section 2, "Execution Protocol".
 */
export function runPlugin(env: Environment, stdin: string): Outcome {
  try {
    return { code: 0, stdout: answer(env, stdin) };
  } catch (error) {
    return outcomeOf(error, stdin);
  }
}

/** Tells a CNI runtime what went wrong. */
export function outcomeOf(error: unknown, stdin: string): Outcome {
  const failure = failureOf(error);
  if (failure === undefined) throw error;
  const cniVersion = versionIn(stdin) ?? NEWEST;
  return { code: 1, stdout: printFailure(failure, cniVersion) };
}

function answer(env: Environment, stdin: string): string {
  const { CNI_COMMAND: name } = readEnvironment(env, ["CNI_COMMAND"]);
  if (name === "VERSION") return printVersions(versionIn(stdin) ?? NEWEST);
  const operation = Object.hasOwn(OPERATIONS, name)
    ? OPERATIONS[name]
    : undefined;
  if (operation === undefined) throw unknownCommand(name);
  const config = readConfig(stdin);
  if (!isSince(config.cniVersion, operation.since)) {
    throw new Failure(
      CODES.incompatibleVersion,
      `config version does not allow ${name}`,
      `config is ${quote(config.cniVersion)}; ${name} came with ${
        quote(operation.since)
      }`,
    );
  }
  return operation.run(env, config);
}

function printVersions(cniVersion: Version): string {
  return `${JSON.stringify({ cniVersion, supportedVersions: SUPPORTED })}\n`;
}

/** The version to answer in, whatever else is wrong with the configuration. */
function versionIn(stdin: string): Version | undefined {
  try {
    return supportedVersion(JSON.parse(stdin)?.cniVersion);
  } catch {
    return undefined;
  }
}

function unknownCommand(name: string): Failure {
  return new Failure(
    CODES.invalidEnvironment,
    `unknown CNI_COMMAND: ${quote(name)}`,
    `Known: ${[...Object.keys(OPERATIONS), "VERSION"].join(", ")}.`,
  );
}
