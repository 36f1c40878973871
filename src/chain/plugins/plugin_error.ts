/** The errors of plugins: what a plugin printed before it failed. */
import { printable, quote, VmConfError } from "../../errors.ts";
import type { ProcessOutcome } from "./process.ts";

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

/** Quotes the end of a text: the reason is usually there. */
export function quoteEnd(text: string): string {
  return quote(text.trim().slice(-LONGEST_QUOTED));
}

/** Standard output comes before standard error, as in libcni. */
export function pluginFailedError(
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
  const meaning = CODES[code];
  return new VmConfError(
    "plugin-failed",
    `${task}: ${printable(details ? `${msg}; ${details}` : msg)}`,
    {
      hint: `CNI error code ${code}${
        meaning === undefined ? ", the plugin's own" : `: ${meaning}`
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
