/** One call of one plugin: what it is given, and what it answers. */
import {
  type NetworkConfig,
  parseUnchanged,
  type PluginConfig,
} from "../../cni/network.ts";
import { type CniResult, parseResult } from "../../cni/result.ts";
import { printResult, type Version } from "../../cni/versions.ts";
import { printable, quote, VmConfError } from "../../errors.ts";
import type { CniCommand, Context } from "../context.ts";
import { throwIfInterrupted } from "../context.ts";
import { findPlugin } from "./find.ts";
import { type ProcessOutcome, runPluginProcess } from "./process.ts";
import type { Attachment } from "../request.ts";

/** What is asked of a plugin. */
export interface PluginCall {
  readonly command: CniCommand;
  readonly network: NetworkConfig;
  readonly plugin: PluginConfig;
  /** The attachment, if the command is about one. */
  readonly attachment?: Attachment;
  readonly insertions: Insertions;
}

/** What is put into a plugin's configuration. */
export interface Insertions {
  /** The version of the protocol. */
  readonly cniVersion: Version;
  /** The result before, in that version. */
  readonly prevResult?: unknown;
  /** The attachments that are to stay. */
  readonly validAttachments?: readonly unknown[];
}

/** A result as a plugin printed it. */
export interface RawResult {
  /** The version of its shape. */
  readonly cniVersion: string;
  /** The rest of it. */
  readonly [member: string]: unknown;
}

/** A result, as it was printed and as it was read. */
export interface PluginResult {
  /** As it was printed, in the version that was asked for. */
  readonly raw: RawResult;
  readonly result: CniResult;
}

/** libcni's words for the commands. */
const VERBS: Readonly<Record<CniCommand, string>> = {
  ADD: "add",
  CHECK: "check",
  DEL: "delete",
  GC: "gc",
  STATUS: "status",
  VERSION: "version",
};

/** Calls a plugin. */
export async function callPlugin(
  context: Context,
  { command, network, plugin, attachment, insertions }: PluginCall,
): Promise<string> {
  throwIfInterrupted(context);
  const stdin = command === "VERSION"
    ? JSON.stringify({ cniVersion: insertions.cniVersion })
    : buildStdin(network, plugin, attachment, insertions);
  const env = buildEnvironment(command, context.binDirs, attachment);
  const task = describeCall(plugin, command);
  const about = { command, plugin: plugin.type, network: network.name };
  const path = findPlugin(context, plugin);
  context.onEvent({ kind: "start", ...about, stdin, env });
  const { system } = context;
  const start = system.now();
  const end = (ended: ProcessOutcome) =>
    context.onEvent({
      kind: "end",
      ...about,
      ...ended,
      milliseconds: system.now() - start,
    });
  let ended: ProcessOutcome;
  try {
    ended = await runPluginProcess(context, { path, env, stdin, task });
  } catch (error) {
    end({ ok: false, status: "killed", stdout: "", stderr: "" });
    throw error;
  }
  end(ended);
  if (!ended.ok) throw pluginFailedError(task, ended);
  return ended.stdout;
}

/** Calls a plugin with ADD. */
export async function callAdd(
  context: Context,
  call: PluginCall,
): Promise<PluginResult> {
  const stdout = await callPlugin(context, call);
  try {
    return parsePluginResult(stdout, call.insertions.cniVersion);
  } catch (cause) {
    if (!(cause instanceof VmConfError)) throw cause;
    throw new VmConfError(
      "plugin-failed",
      `${
        describeCall(call.plugin, call.command)
      }: expected a CNI result on standard output: ${cause.message}; it printed ${
        quoteEnd(stdout)
      }`,
      { cause, hint: cause.hint, path: cause.path },
    );
  }
}

function parsePluginResult(stdout: string, cniVersion: Version): PluginResult {
  const raw = parseUnchanged(stdout);
  // Of a number that JavaScript cannot hold the value is an object as well.
  if (!/^\s*\{/.test(stdout)) {
    throw new VmConfError(
      "invalid-result",
      "result: expected an object",
      { path: "result" },
    );
  }
  const members: Record<string, unknown> = { ...Object(raw) };
  // As libcni does: a plugin may leave it out.
  const isLeftOut = !members.cniVersion;
  const written = isLeftOut ? { ...members, cniVersion } : members;
  const result = parseResult(isLeftOut ? JSON.stringify(written) : stdout);
  // Only now it is sure to be a text.
  const printed = { ...written, cniVersion: String(written.cniVersion) };
  return { raw: convertResult(printed, cniVersion, result), result };
}

/** Brings a result to a version of the specification. */
export function convertResult(
  raw: RawResult,
  cniVersion: Version,
  result?: CniResult,
): RawResult {
  if (raw.cniVersion === cniVersion) return raw;
  const read = result ?? parseResult(JSON.stringify(raw));
  return JSON.parse(printResult(read, cniVersion));
}

/** Members that are the runtime's to give: RESERVED by the specification. */
const RESERVED = /^(cni\.dev\/.*|capabilities|prevResult)$/s;

/**
 * Derives what a plugin reads on standard input from its configuration.
 *
 * Source: CNI specification 1.1.0, section 3, "Deriving request configuration
 * from plugin configuration".
 */
function buildStdin(
  { name }: NetworkConfig,
  plugin: PluginConfig,
  attachment: Attachment | undefined,
  { cniVersion, prevResult, validAttachments }: Insertions,
): string {
  const own = Object.entries(plugin).filter(([key]) => !RESERVED.test(key));
  const { capabilities } = plugin;
  const wanted = Object.entries(attachment?.capabilityArgs ?? {})
    .filter(([capability]) => capabilities?.[capability] === true);
  return JSON.stringify({
    ...Object.fromEntries(own),
    cniVersion,
    name,
    ...(wanted.length > 0 && { runtimeConfig: Object.fromEntries(wanted) }),
    ...(prevResult !== undefined && { prevResult }),
    ...(validAttachments !== undefined && {
      "cni.dev/valid-attachments": validAttachments,
      // What the first edition of the specification called it.
      "cni.dev/attachments": validAttachments,
    }),
  });
}

/**
 * The variables by which a plugin learns what to do. All of them are set, so
 * that none is inherited by accident.
 *
 * Source: CNI specification 1.1.0, section 2, "Parameters".
 */
function buildEnvironment(
  command: CniCommand,
  binDirs: readonly string[],
  attachment?: Attachment,
): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: attachment?.containerID ?? "",
    CNI_NETNS: attachment?.netNSPath ?? "",
    CNI_IFNAME: attachment?.ifName ?? "",
    CNI_ARGS: (attachment?.args ?? []).map((pair) => pair.join("=")).join(";"),
    CNI_PATH: binDirs.join(":"),
  };
}

function describeCall({ type }: PluginConfig, command: CniCommand): string {
  return `plugin type=${quote(type)} failed (${VERBS[command]})`;
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

/** The end of a text, where the reason mostly is. */
function quoteEnd(text: string): string {
  return quote(text.trim().slice(-LONGEST_QUOTED));
}

/** As libcni does: what is on standard output counts first. */
function pluginFailedError(
  task: string,
  { status, stdout, stderr }: ProcessOutcome,
): VmConfError {
  const error = findPluginError(stdout);
  if (error !== undefined) return reportedError(task, error);
  const log = stderr.trim() === "" ? undefined : quoteEnd(stderr);
  if (stdout.trim() !== "") {
    return new VmConfError(
      "plugin-failed",
      `${task}: netplugin failed but error parsing its diagnostic message ${
        quoteEnd(stdout)
      }: ${status}`,
      { hint: log && `On standard error: ${log}.` },
    );
  }
  return new VmConfError(
    "plugin-failed",
    log === undefined
      ? `${task}: netplugin failed with no error message: ${status}`
      : `${task}: netplugin failed: ${log}`,
  );
}

function reportedError(
  task: string,
  { code, msg, details }: PluginError,
): VmConfError {
  const known = CODES[code];
  return new VmConfError(
    "plugin-failed",
    `${task}: ${printable(details ? `${msg}; ${details}` : msg)}`,
    {
      hint: `CNI error code ${code}${
        known === undefined ? ", the plugin's own" : `: ${known}`
      }.`,
      cause: { code, msg, details },
    },
  );
}

interface PluginError {
  readonly code: number;
  readonly msg: string;
  readonly details: string;
}

/** More objects than plugins print before their error. */
const MOST_STARTS = 100;

/** Some plugins print log lines, or a result, before their error. */
function findPluginError(stdout: string): PluginError | undefined {
  let at = stdout.length;
  for (let starts = 0; starts < MOST_STARTS; starts++) {
    at = at === 0 ? -1 : stdout.lastIndexOf("{", at - 1);
    if (at < 0) return undefined;
    const error = parsePluginError(stdout.slice(at));
    if (error !== undefined) return error;
  }
  return parsePluginError(stdout);
}

function parsePluginError(text: string): PluginError | undefined {
  try {
    const { code, msg, details } = Object(JSON.parse(text));
    if (typeof code !== "number" && typeof msg !== "string") return undefined;
    return {
      code: Number(code ?? 0),
      msg: String(msg ?? ""),
      details: typeof details === "string"
        ? details
        : details
        ? JSON.stringify(details)
        : "",
    };
  } catch {
    return undefined;
  }
}
