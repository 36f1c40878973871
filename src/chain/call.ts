/** One call of one plugin: found, run, and its answer read. */
import {
  type Network,
  parseUnchanged,
  type PluginConfig,
} from "../cni/network.ts";
import { parseResult } from "../cni/result.ts";
import { printable, quote, VmConfError } from "../errors.ts";
import type { Attachment } from "./attachment.ts";
import type { CniCommand, Context } from "./context.ts";
import { findPlugin } from "./find.ts";
import { type Ended, runProcess } from "./plugin_process.ts";
import { environment, type Insertions, requestText } from "./plugin_input.ts";

/** What is asked of a plugin. */
export interface Call {
  readonly command: CniCommand;
  readonly network: Network;
  readonly plugin: PluginConfig;
  /** The attachment, if the command is about one. */
  readonly attachment?: Attachment;
  readonly insertions: Insertions;
}

/** libcni's words for the commands. */
const DEEDS: Readonly<Record<CniCommand, string>> = {
  ADD: "add",
  CHECK: "check",
  DEL: "delete",
  GC: "gc",
  STATUS: "status",
  VERSION: "version",
};

/**
 * Calls a plugin.
 *
 * @param context Folders and limits.
 * @param call What is asked of it.
 * @returns What it printed on standard output.
 * @throws {VmConfError} `plugin-failed` with the plugin's own words,
 * `plugin-timeout`, `interrupted`, `no-plugin`, `not-granted`.
 */
export async function callPlugin(
  context: Context,
  { command, network, plugin, attachment, insertions }: Call,
): Promise<string> {
  const stdin = command === "VERSION"
    ? JSON.stringify({ cniVersion: insertions.cniVersion })
    : requestText(network, plugin, insertions);
  const env = environment(command, context.binDirs, attachment);
  const task = taskOf(plugin, command);
  const about = { command, plugin: plugin.type, network: network.name };
  const path = findPlugin(context, plugin);
  context.onEvent({ kind: "start", ...about, stdin, env });
  const start = performance.now();
  const end = (ended: Ended) =>
    context.onEvent({
      kind: "end",
      ...about,
      ...ended,
      milliseconds: performance.now() - start,
    });
  const { timeoutMs, signal } = context;
  let ended: Ended;
  try {
    const process = { path, env, stdin, task, timeoutMs, signal };
    ended = await runProcess(process);
  } catch (error) {
    end({ ok: false, status: "killed", stdout: "", stderr: "" });
    throw error;
  }
  end(ended);
  if (!ended.ok) throw failed(task, ended);
  return ended.stdout;
}

/**
 * Calls a plugin with ADD.
 *
 * @param context Folders and limits.
 * @param call What is asked of it.
 * @returns The result, as it was printed: JSON, with its `cniVersion`.
 * @throws {VmConfError} As {@linkcode callPlugin}; `plugin-failed` too if the
 * result is malformed.
 */
export async function callForResult(
  context: Context,
  call: Call,
): Promise<RawResult> {
  const stdout = await callPlugin(context, call);
  try {
    const raw = { ...Object(parseUnchanged(stdout)) };
    // As libcni does: a plugin may leave it out.
    if (!raw.cniVersion) raw.cniVersion = call.insertions.cniVersion;
    parseResult(JSON.stringify(raw));
    return raw;
  } catch (cause) {
    if (!(cause instanceof VmConfError)) throw cause;
    throw new VmConfError(
      "plugin-failed",
      `${
        taskOf(call.plugin, call.command)
      }: expected a CNI result on standard output: ${cause.message}`,
      { cause, hint: cause.hint, path: cause.path },
    );
  }
}

/** A result as a plugin printed it. */
export interface RawResult {
  /** The version of its shape. */
  readonly cniVersion: string;
  /** The rest of it. */
  readonly [member: string]: unknown;
}

function taskOf({ type }: PluginConfig, command: CniCommand): string {
  return `plugin type=${quote(type)} failed (${DEEDS[command]})`;
}

/** Source: CNI specification 1.1.0, section 5, "Error", and STATUS. */
const CODES: Readonly<Record<number, string>> = {
  1: "incompatible CNI version",
  2: "unsupported field in network configuration",
  3: "container unknown or does not exist",
  4: "invalid necessary environment variables",
  5: "I/O failure",
  6: "failed to decode content",
  7: "invalid network configuration",
  11: "try again later",
  50: "the plugin is not available",
  51:
    "the plugin is not available, and existing containers may have limited connectivity",
};

const LONGEST_QUOTED = 2000;

function failed(task: string, { status, stdout, stderr }: Ended): VmConfError {
  const error = errorObject(stdout);
  if (error === undefined) {
    const said = (stderr || stdout).trim();
    return new VmConfError(
      "plugin-failed",
      said === ""
        ? `${task}: netplugin failed with no error message: ${status}`
        : `${task}: netplugin failed: ${quote(said.slice(-LONGEST_QUOTED))}`,
    );
  }
  const { code, msg, details } = error;
  const known = CODES[code];
  return new VmConfError(
    "plugin-failed",
    `${task}: ${printable(details ? `${msg}; ${details}` : msg)}`,
    {
      hint: `CNI error code ${code}${
        known === undefined ? ", the plugin's own" : `: ${known}`
      }.`,
      cause: error,
    },
  );
}

interface PluginError {
  readonly code: number;
  readonly msg: string;
  readonly details: string;
}

function errorObject(stdout: string): PluginError | undefined {
  try {
    const { code, msg, details } = Object(JSON.parse(stdout));
    if (typeof code !== "number" && typeof msg !== "string") return undefined;
    return {
      code: Number(code ?? 0),
      msg: String(msg ?? ""),
      details: String(details ?? ""),
    };
  } catch {
    return undefined;
  }
}
