/** `vmconf batch`: converts many results in one process. */
import { parseJson, tooLongError } from "../../cni/json_text.ts";
import { VmConfError } from "../../errors.ts";
import { openMtuReader } from "../../linux/mtu.ts";
import type { StaticNetworkConfOptions } from "../../vmconf/conversion.ts";
import { staticNetworkConfFrom } from "../../vmconf/from_result.ts";
import { type InputLine, openLines } from "../batch_input.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_SIGNALS } from "../exit_codes.ts";
import {
  MAX_LENGTH_FLAG,
  MTU_FLAG,
  parseMaxLengthFlag,
  parseMtuFlag,
} from "../flags.ts";
import {
  formatJson,
  print,
  printMessage,
  toErrorJson,
  toVmConfError,
} from "../output.ts";
import { FORMAT_FLAGS, loadRenderer, type Renderer } from "../rendering.ts";

export const batch: Command = {
  name: "batch",
  operands: "[FILE]",
  summary: "Convert many CNI results, one per line, in one process.",
  description:
    `Reads lines of JSON from FILE or from standard input ("-", the default):
  {"containerID": "vm-1", "ifName": "eth0", "result": {...}}
The member "ifName" is optional. Prints one line for each line, in order:
  {"containerID": "vm-1", "conf": {...}}
With a format other than json, "files" and "lost" replace "conf". If a line has
an "id", its answer has the same "id". If a line fails, its answer has its number
("line") and the "error". batch continues with the next line, and the exit code
is 1.`,
  flags: [MTU_FLAG, ...FORMAT_FLAGS, MAX_LENGTH_FLAG],
  examples: [
    {
      summary: "the boot parameters of many VMs",
      line: "vmconf batch vms.ndjson --format ip | jq -r '.files[0].text'",
    },
  ],
  run: runBatch,
};

async function runBatch({ flags, operands }: Arguments): Promise<number> {
  const renderer = await loadRenderer(flags);
  const mtu = parseMtuFlag(flags);
  const maxLength = parseMaxLengthFlag(flags);
  using reader = openMtuReader();
  const options = { mtu: mtu ?? reader.readMtu, maxLength };

  await using input = await openLines(operands[0] ?? "-", maxLength);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    input.stop();
  };
  Deno.addSignalListener("SIGINT", interrupt);
  using listeners = new DisposableStack();
  listeners.defer(() => Deno.removeSignalListener("SIGINT", interrupt));
  let count = 0;
  let failed = 0;
  for await (const lines of input.lines) {
    const answers: string[] = [];
    for (const line of lines) {
      count++;
      if (line?.trim() === "") continue;
      const answer = answerLine(line, count, renderer, options);
      if (answer.hasFailed) failed++;
      answers.push(answer.text);
    }
    print(answers.join(""));
  }
  if (failed > 0) printMessage(`${failed} of ${count} lines failed`);
  if (interrupted) {
    printMessage(`interrupted after ${count} lines`);
    return EXIT_SIGNALS.SIGINT;
  }
  return failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

interface LineRequest {
  readonly containerID: string;
  readonly ifName?: string;
  readonly result: unknown;
}

interface Answer {
  readonly text: string;
  readonly hasFailed: boolean;
}

/** Answers a line, whatever is wrong with it: the other lines go on. */
function answerLine(
  line: InputLine,
  number: number,
  renderer: Renderer,
  options: StaticNetworkConfOptions & { readonly maxLength: number },
): Answer {
  let ids = {};
  try {
    if (line === undefined) throw tooLongError("more", options.maxLength);
    const value = parseJson(line, options.maxLength);
    ids = pickIds(value);
    const answer = { ...ids, ...convertLine(value, renderer, options) };
    return { text: formatJson(answer), hasFailed: false };
  } catch (cause) {
    const error = toErrorJson(toVmConfError(cause));
    const text = formatJson({ line: number, ...ids, error });
    return { text, hasFailed: true };
  }
}

function convertLine(
  value: unknown,
  { format, render }: Renderer,
  options: StaticNetworkConfOptions,
): Record<string, unknown> {
  const { containerID, ifName, result } = parseRequest(value);
  const conf = staticNetworkConfFrom(result, containerID, {
    ...options,
    vmIfName: ifName,
  });
  return format === "json" ? { conf } : { ...render([conf]) };
}

/** More than any id needs, and less than `JSON.stringify` can write. */
const MOST_ID_LEVELS = 32;

/** Picks the members that an answer repeats, whether the line is good or bad. */
function pickIds(
  value: unknown,
): { readonly id?: unknown; readonly containerID?: unknown } {
  const { id, containerID } = Object(value);
  for (const [member, found] of Object.entries({ id, containerID })) {
    if (!isDeeperThan(MOST_ID_LEVELS, found)) continue;
    throw new VmConfError(
      "invalid-result",
      `${member}: expected at most ${MOST_ID_LEVELS} levels of nesting, found more`,
      { path: member, hint: "Use a string or a number." },
    );
  }
  return {
    ...(id !== undefined && { id }),
    ...(containerID !== undefined && { containerID }),
  };
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 ||
    Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}

function parseRequest(value: unknown): LineRequest {
  const { containerID, ifName, result } = Object(value);
  if (typeof containerID !== "string" || containerID === "") {
    throw invalidLine("containerID", "the id that CNI was called with");
  }
  if (ifName !== undefined && typeof ifName !== "string") {
    throw invalidLine("ifName", "the guest's name for the interface");
  }
  if (result === undefined) throw invalidLine("result", "a CNI result");
  return { containerID, ifName, result };
}

function invalidLine(member: string, what: string): VmConfError {
  return new VmConfError(
    "invalid-result",
    `${member}: expected ${what}, found something else or nothing`,
    {
      path: member,
      hint: 'A line is {"containerID": "vm-1", "result": {...}}.',
    },
  );
}
