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

/** Explains the value of an `ip=` parameter, on a line with some words. */
export function explainIp(
  value: string,
  words: ReadonlySet<string> = new Set(),
): ExplainedIp {
  const ip = parseIpParam(value, words);
  return {
    value,
    fields: ip.fields,
    readings: READERS.map((reader) => readIp(ip, reader)),
  };
}

/** Explains each `ip=` of a kernel command line, up to `--`. */
export function explainLine(line: string): ExplainedLine {
  const split = splitLine(line);
  if (split === undefined) {
    throw unexplainable("a closing quote for each opening one", line);
  }
  const { forKernel } = split;
  const values = forKernel.flatMap(getIpValue);
  if (values.length === 0) {
    throw unexplainable("ip= (before --, which ends the kernel's part)", line);
  }
  const around = new Set(forKernel);
  const explained = values.map((value) => explainIp(value, around));
  const counts = countDevices(explained);
  return {
    parameters: explained.map((one, index) =>
      addRivals(one, {
        isLast: index === explained.length - 1,
        hasRival: (counts.get(getDevice(one)) ?? 0) > 1,
      })
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

function readIp(ip: ParsedIp, reader: IpReader): Reading {
  const found = MISREADINGS.filter(({ applies }) => applies(ip))
    .flatMap(({ field, readers }) => {
      const remark = readers[reader];
      if (remark === undefined) return [];
      const isRefused = typeof remark === "object";
      const why = isRefused ? remark.refused : remark;
      return { isRefused, text: `${field}: ${why}` };
    });
  return {
    reader,
    verdict: found.some(({ isRefused }) => isRefused)
      ? "refused"
      : found.length > 0
      ? "differently"
      : "as-written",
    remarks: found.map(({ text }) => text),
  };
}

/** Adds who refuses an `ip=` because of another one on the line. */
function addRivals(
  one: ExplainedIp,
  { isLast, hasRival }: {
    readonly isLast: boolean;
    readonly hasRival: boolean;
  },
): ExplainedIp {
  const remarks: Partial<Record<IpReader, string>> = {
    ...(!isLast && {
      kernel: "uses only the last ip= of a line",
      klibc: "gets only the last ip= of a line, from initramfs-tools",
    }),
    ...(hasRival && { dracut: "stops: it accepts one ip= for each device" }),
  };
  return {
    ...one,
    readings: one.readings.map((reading) => {
      const remark = remarks[reading.reader];
      return remark === undefined ? reading : {
        ...reading,
        verdict: "refused",
        remarks: [remark, ...reading.remarks],
      };
    }),
  };
}

function countDevices(
  all: readonly ExplainedIp[],
): ReadonlyMap<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const one of all) {
    const device = getDevice(one);
    counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return counts;
}

function getDevice({ fields }: ExplainedIp): string | undefined {
  return fields.find(({ name }) => name === "device")?.value;
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
