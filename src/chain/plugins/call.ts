/** One call of one plugin. */
import type { NetworkConfig, PluginConfig } from "../../cni/network.ts";
import type { Version } from "../../cni/versions.ts";
import { quote, requireVmConfError, VmConfError } from "../../errors.ts";
import {
  type CniCommand,
  type Context,
  throwIfInterrupted,
} from "../context.ts";
import type { Attachment } from "../request.ts";
import { findPlugin } from "./find_plugin.ts";
import { pluginFailedError, quoteEnd } from "./plugin_error.ts";
import { type ProcessOutcome, runPluginProcess } from "./process.ts";
import { parsePluginResult, type PluginResult } from "./result.ts";

/** What a plugin is called with. */
export interface PluginCall {
  readonly command: CniCommand;
  readonly network: NetworkConfig;
  readonly plugin: PluginConfig;
  /** The attachment, if the command is about one. */
  readonly attachment?: Attachment;
  /** The version of the protocol. */
  readonly cniVersion: Version;
  /** ADD: the result of the plugin before; CHECK and DEL: that of the chain. */
  readonly prevResult?: unknown;
  /** GC: the attachments that are kept. */
  readonly validAttachments?: readonly unknown[];
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

/** Runs a plugin; returns what it printed on standard output. */
export async function callPlugin(
  context: Context,
  call: PluginCall,
): Promise<string> {
  throwIfInterrupted(context);
  const { command, network, plugin, cniVersion } = call;
  const stdin = command === "VERSION"
    ? JSON.stringify({ cniVersion })
    : buildStdin(call);
  const env = buildEnvironment(call, context.binDirs);
  const task = describeCall(call);
  const about = { command, plugin: plugin.type, network: network.name };
  const path = findPlugin(context, plugin);
  context.onEvent({ kind: "start", ...about, stdin, env });
  const { system } = context;
  const start = system.now();
  const emitEnd = (outcome: ProcessOutcome) =>
    context.onEvent({
      kind: "end",
      ...about,
      ...outcome,
      milliseconds: system.now() - start,
    });
  let outcome: ProcessOutcome;
  try {
    outcome = await runPluginProcess(context, { path, env, stdin, task });
  } catch (error) {
    emitEnd({ ok: false, status: "killed", stdout: "", stderr: "" });
    throw error;
  }
  emitEnd(outcome);
  if (!outcome.ok) throw pluginFailedError(task, outcome);
  return outcome.stdout;
}

/** Calls a plugin with ADD, and parses its result. */
export async function callAdd(
  context: Context,
  parameters: Omit<PluginCall, "command">,
): Promise<PluginResult> {
  const call: PluginCall = { command: "ADD", ...parameters };
  const stdout = await callPlugin(context, call);
  try {
    return parsePluginResult(stdout, call.cniVersion);
  } catch (error) {
    const cause = requireVmConfError(error);
    throw new VmConfError(
      "plugin-failed",
      `${
        describeCall(call)
      }: expected a CNI result on standard output: ${cause.message}; it printed ${
        quoteEnd(stdout)
      }`,
      { cause, hint: cause.hint, path: cause.path },
    );
  }
}

/** Members that only the runtime may set: RESERVED by the specification. */
const RESERVED = /^(cni\.dev\/.*|capabilities|prevResult)$/s;

/**
 * Derives what a plugin reads on standard input from its configuration.
 *
 * Source: CNI specification 1.1.0, section 3, "Deriving request configuration
 * from plugin configuration".
 */
function buildStdin(
  { network, plugin, attachment, ...call }: PluginCall,
): string {
  const { cniVersion, prevResult, validAttachments } = call;
  const own = Object.entries(plugin).filter(([key]) => !RESERVED.test(key));
  const runtimeConfig = Object.entries(attachment?.capabilityArgs ?? {})
    .filter(([capability]) => plugin.capabilities?.[capability] === true);
  return JSON.stringify({
    ...Object.fromEntries(own),
    cniVersion,
    name: network.name,
    ...(runtimeConfig.length > 0 && {
      runtimeConfig: Object.fromEntries(runtimeConfig),
    }),
    ...(prevResult !== undefined && { prevResult }),
    ...(validAttachments !== undefined && {
      "cni.dev/valid-attachments": validAttachments,
      // The name in the first edition of the specification.
      "cni.dev/attachments": validAttachments,
    }),
  });
}

/**
 * All variables are set, so that the plugin inherits none by accident.
 *
 * Source: CNI specification 1.1.0, section 2, "Parameters".
 */
function buildEnvironment(
  { command, attachment }: PluginCall,
  binDirs: readonly string[],
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

function describeCall({ plugin, command }: PluginCall): string {
  return `plugin type=${quote(plugin.type)} failed (${VERBS[command]})`;
}
