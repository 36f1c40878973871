/** Reading `ip=` back: what each field is, and what each reader makes of it. */
import { quote, VmConfError } from "../errors.ts";
import { findLineLosses, splitLine } from "./boot_args.ts";
import { type IpField, type ParsedIp, parseIpParam } from "./explain_fields.ts";
import {
  IP_READERS,
  type IpReader,
  type Remark,
  TRAPS,
  type Verdict,
} from "./explain_traps.ts";

/** What one reader makes of an `ip=`. */
export interface Reading {
  readonly reader: IpReader;
  /** The worst of what becomes of its fields. */
  readonly verdict: Verdict;
  /** Why it is not read as it is written, each with the field's name. */
  readonly remarks: readonly string[];
}

/** An `ip=`, explained. */
export interface ExplainedIp {
  /** The value, without `ip=`. */
  readonly value: string;
  readonly fields: readonly IpField[];
  /** What each reader makes of it. */
  readonly readings: readonly Reading[];
}

/** A kernel command line, explained as far as it is about `ip=`. */
export interface ExplainedLine {
  /** Each `ip=` of it, in order. */
  readonly parameters: readonly ExplainedIp[];
  /** What is wrong with the line itself. */
  readonly remarks: readonly string[];
}

const READERS = Object.keys(IP_READERS) as IpReader[];

/** Explains the value of an `ip=` parameter. */
export function explainIp(
  value: string,
  words: ReadonlySet<string> = new Set(),
): ExplainedIp {
  const ip = parseIpParam(value, words);
  return {
    value,
    fields: ip.fields,
    readings: READERS.map((reader) => readingOf(reader, remarksOf(ip, reader))),
  };
}

/** Explains each `ip=` of a kernel command line, up to what is for init. */
export function explainLine(line: string): ExplainedLine {
  const words = splitLine(line);
  if (words === undefined) {
    throw invalid("as many closing quotes as opening ones", line);
  }
  const end = words.indexOf("--");
  const forKernel = words.slice(0, end < 0 ? undefined : end);
  const values = forKernel.flatMap(valueOf);
  if (values.length === 0) {
    throw invalid("ip=, before what is for init behind --", line);
  }
  const around = new Set(forKernel);
  const explained = values.map((value) => explainIp(value, around));
  const counts = countDevices(explained);
  return {
    parameters: explained.map((one, index) =>
      besideOthers(one, {
        isLast: index === explained.length - 1,
        hasRival: (counts.get(deviceOf(one)) ?? 0) > 1,
      })
    ),
    remarks: findLineLosses(line.trim()).map(({ value, why }) =>
      `the line has ${value} bytes: ${why}`
    ),
  };
}

/** Quotes may stand around the value, or around the whole word. */
function valueOf(word: string): string[] {
  const [, value] = /^"?(?:ip|nfsaddrs)=(.*)$/s.exec(word) ?? [];
  return value === undefined ? [] : [value.replaceAll('"', "")];
}

type FieldRemark = readonly [field: string, ...Remark];

function remarksOf(ip: ParsedIp, reader: IpReader): FieldRemark[] {
  return TRAPS.filter(({ holds }) => holds(ip)).flatMap(
    ({ field, readers }): FieldRemark[] => {
      const remark = readers[reader];
      return remark === undefined ? [] : [[field, ...remark]];
    },
  );
}

const BY_WEIGHT: readonly Verdict[] = ["refused", "otherwise", "as-written"];

function readingOf(
  reader: IpReader,
  remarks: readonly FieldRemark[],
): Reading {
  const found = new Set(remarks.map(([, verdict]) => verdict));
  return {
    reader,
    verdict: BY_WEIGHT.find((verdict) => found.has(verdict)) ?? "as-written",
    remarks: remarks.map(([field, , why]) => `${field}: ${why}`),
  };
}

/** The kernel takes the last one; dracut one for each device. */
function besideOthers(
  one: ExplainedIp,
  { isLast, hasRival }: {
    readonly isLast: boolean;
    readonly hasRival: boolean;
  },
): ExplainedIp {
  const remarks: Partial<Record<IpReader, string>> = {
    ...(!isLast && {
      kernel: "takes the last ip= of a line alone",
      klibc: "is given the last ip= of a line alone, by initramfs-tools",
    }),
    ...(hasRival && { dracut: "takes one ip= for a device, and stops" }),
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
    const device = deviceOf(one);
    counts.set(device, (counts.get(device) ?? 0) + 1);
  }
  return counts;
}

function deviceOf({ fields }: ExplainedIp): string | undefined {
  return fields.find(({ name }) => name === "device")?.value;
}

function invalid(expected: string, line: string): VmConfError {
  return new VmConfError(
    "invalid-option",
    `Cannot explain the command line: expected ${expected}, found ${
      quote(line.trim())
    }`,
    { hint: "Give ip=… in quotes, or a whole kernel command line with it." },
  );
}
