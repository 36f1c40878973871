/** Explains `ip=`: what each field is, and how each reader reads it. */
import { quote, VmConfError } from "../errors.ts";
import { findLineLosses, splitLine } from "./boot_args.ts";
import { type IpField, type ParsedIp, parseIpParam } from "./explain_fields.ts";
import {
  IP_READERS,
  type IpReader,
  MISREADINGS,
  type Verdict,
} from "./explain_readers.ts";

/** How one reader reads an `ip=`. */
export interface Reading {
  readonly reader: IpReader;
  /** The worst verdict on one of its fields. */
  readonly verdict: Verdict;
  /** Why it is not read as it is written, each with the field's name. */
  readonly remarks: readonly string[];
}

/** An `ip=`, explained. */
export interface ExplainedIp {
  /** The value, without `ip=`. */
  readonly value: string;
  readonly fields: readonly IpField[];
  /** How each reader reads it. */
  readonly readings: readonly Reading[];
}

/** A kernel command line, as far as it is about `ip=`. */
export interface ExplainedLine {
  /** Each `ip=` of it, in order. */
  readonly parameters: readonly ExplainedIp[];
  /** What is wrong with the line itself. */
  readonly remarks: readonly string[];
}

const READERS = Object.keys(IP_READERS) as IpReader[];

/** Who refuses an `ip=` because of another one on the line, and why. */
type Rivals = Partial<Record<IpReader, string>>;

/** Explains the value of an `ip=` parameter, on a line with some words. */
export function explainIp(
  value: string,
  words: ReadonlySet<string> = new Set(),
  rivals: Rivals = {},
): ExplainedIp {
  const ip = parseIpParam(value, words);
  return {
    value,
    fields: ip.fields,
    readings: READERS.map((reader) => readIp(ip, reader, rivals[reader])),
  };
}

/** Explains each `ip=` of a kernel command line, up to `--`. */
export function explainLine(line: string): ExplainedLine {
  const split = splitLine(line);
  if (split === undefined) {
    throw unexplainable("a closing quote for each opening one", line);
  }
  const values = split.forKernel.flatMap(getIpValue);
  if (values.length === 0) {
    throw unexplainable("ip= (before --, which ends the kernel's part)", line);
  }
  const words = new Set(split.forKernel);
  const rivals = findRivals(values);
  return {
    parameters: values.map((value, index) =>
      explainIp(value, words, rivals[index])
    ),
    remarks: findLineLosses(line.trim()).map(({ value, why }) =>
      `the line has ${value} bytes: ${why}`
    ),
  };
}

/** Quotes may be around the value, or around the whole word. */
function getIpValue(word: string): string[] {
  const [, value] = /^"?(?:ip|nfsaddrs)=(.*)$/s.exec(word) ?? [];
  return value === undefined ? [] : [value.replaceAll('"', "")];
}

function findRivals(values: readonly string[]): Rivals[] {
  const devices = values.map((value) =>
    parseIpParam(value).fields.find(({ name }) => name === "device")?.value
  );
  const counts = new Map<string | undefined, number>();
  for (const device of devices) {
    counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return devices.map((device, index) => ({
    ...(index < values.length - 1 && {
      kernel: "uses only the last ip= of a line",
      klibc: "gets only the last ip= of a line, from initramfs-tools",
    }),
    ...((counts.get(device) ?? 0) > 1 && {
      dracut: "stops: it accepts one ip= for each device",
    }),
  }));
}

/** Finds how a reader reads an `ip=`, unless it refuses it for a rival. */
function readIp(
  ip: ParsedIp,
  reader: IpReader,
  rival: string | undefined,
): Reading {
  const found = MISREADINGS.filter(({ applies }) => applies(ip))
    .flatMap(({ field, readers }) => {
      const remark = readers[reader];
      if (remark === undefined) return [];
      const isRefused = typeof remark === "object";
      const why = isRefused ? remark.refused : remark;
      return { isRefused, text: `${field}: ${why}` };
    });
  if (rival !== undefined) found.unshift({ isRefused: true, text: rival });
  const isRefused = found.some(({ isRefused }) => isRefused);
  return {
    reader,
    verdict: isRefused
      ? "refused"
      : found.length > 0
      ? "differently"
      : "as-written",
    remarks: found.map(({ text }) => text),
  };
}

function unexplainable(expected: string, line: string): VmConfError {
  return new VmConfError(
    "invalid-option",
    `Cannot explain the command line: expected ${expected}, found ${
      quote(line.trim())
    }`,
    { hint: "Give ip=… in quotes, or a whole kernel command line with it." },
  );
}
