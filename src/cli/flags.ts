/** Flags that more than one command has, and what their values mean. */
import { LONGEST_TEXT } from "../cni/json_text.ts";
import { quote } from "../errors.ts";
import type { MtuSource } from "../vmconf/conversion.ts";
import { usage } from "./arguments.ts";
import type { Arguments, Command, Flag } from "./command.ts";

type Flags = Arguments["flags"];

/** `--mtu` */
export const MTU_FLAG: Flag = {
  name: "mtu",
  value: "N|kernel|result",
  summary: "where the MTU comes from (default: kernel)",
};

/** `--max-length` */
export const MAX_LENGTH_FLAG: Flag = {
  name: "max-length",
  value: "BYTES",
  summary: `the most that a result may have (default: ${LONGEST_TEXT})`,
};

/** The option of the library that `--mtu` stands for. */
export function mtuOption(
  flags: Flags,
  command: Command,
): MtuSource | undefined {
  const text = flags.get("mtu") ?? "kernel";
  if (text === "kernel") return undefined;
  if (text === "result") return "result";
  if (/^\d+$/.test(text)) return Number(text);
  throw usage(
    `--mtu: expected a number of bytes, kernel or result, found ${quote(text)}`,
    command,
  );
}

/** The number of bytes that `--max-length` gives. */
export function maxLengthOf(flags: Flags, command: Command): number {
  const text = flags.get("max-length") ?? String(LONGEST_TEXT);
  if (/^\d+$/.test(text)) return Number(text);
  throw usage(
    `--max-length: expected a number of bytes, found ${quote(text)}`,
    command,
  );
}
