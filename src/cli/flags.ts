/** Flags that several commands have, and what their values mean. */
import { LONGEST_TEXT } from "../cni/json_text.ts";
import { quote } from "../errors.ts";
import type { MtuSource } from "../vmconf/conversion.ts";
import { usage } from "./arguments.ts";
import type { Arguments, Flag } from "./command.ts";

type Flags = Arguments["flags"];

export const ID_FLAG: Flag = {
  name: "id",
  aliases: ["container-id"],
  value: "ID",
  summary: "the VM's id, which is CNI's container id",
};

export const REQUIRED_ID_FLAG: Flag = {
  ...ID_FLAG,
  summary: `${ID_FLAG.summary} (required)`,
};

export function requireId({ flags }: Arguments): string {
  const id = flags.get("id");
  if (id !== undefined) return id;
  throw usage(
    "Missing flag: expected --id ID",
    "It is CNI's container id, and the sandbox of the VM's pseudo-interface.",
  );
}

export const CACHE_DIR_FLAG: Flag = {
  name: "cache-dir",
  value: "DIR",
  summary: "the folder with the records of attachments (default: /var/lib/cni)",
};

export const MTU_FLAG: Flag = {
  name: "mtu",
  value: "N|kernel|result",
  summary: "the MTU, or where to read it (default: kernel)",
};

export const MAX_LENGTH_FLAG: Flag = {
  name: "max-length",
  value: "BYTES",
  summary: `the maximum length of a result (default: ${LONGEST_TEXT})`,
};

/** Checks that a flag is not given more often than the operand that it is for. */
export function checkListLength(
  { lists }: Arguments,
  name: string,
  most: number,
  operand: string,
): void {
  const given = lists.get(name)?.length ?? 0;
  if (given <= most) return;
  throw usage(
    `--${name}: expected at most ${most}, one for each ${operand}, found ${given}`,
  );
}

export function parseMtuFlag(flags: Flags): MtuSource | undefined {
  const text = flags.get("mtu") ?? "kernel";
  if (text === "kernel") return undefined;
  if (text === "result") return "result";
  if (/^\d+$/.test(text)) return Number(text);
  throw usage(
    `--mtu: expected a number of bytes, kernel or result, found ${quote(text)}`,
  );
}

export function parseMaxLengthFlag(flags: Flags): number {
  const text = flags.get("max-length") ?? String(LONGEST_TEXT);
  if (/^\d+$/.test(text)) return Number(text);
  throw usage(
    `--max-length: expected a number of bytes, found ${quote(text)}`,
  );
}
