/**
 * Reading an `ip=` parameter back: what each field is, and what each of those
 * that read it makes of it.
 *
 * Source: the kernel's Documentation/admin-guide/nfs/nfsroot.rst, klibc's
 * ipconfig, dracut.cmdline(7), systemd-network-generator(8),
 * nm-initrd-generator(8); the traps were met on the real programs.
 */
import { VmConfError } from "../errors.ts";
import { wordsOfLine } from "./boot_args.ts";
import { type Parameter, parameterIn } from "./explain_fields.ts";
import { TRAPS } from "./explain_traps.ts";

/** Who reads `ip=`. */
export type IpReader =
  | "kernel"
  | "klibc"
  | "dracut"
  | "systemd"
  | "networkmanager";

/** A field of an `ip=` parameter. */
export interface IpField {
  /** Its name in the kernel's documentation, or in dracut's, such as `gw-ip`. */
  readonly name: string;
  /** Its value; empty if it is left out. */
  readonly value: string;
  /** What it is, in a few words. */
  readonly meaning: string;
}

/** An `ip=` parameter, explained. */
export interface IpExplanation {
  /** The parameter, as it stands on the command line. */
  readonly parameter: string;
  /** Its fields, in order. */
  readonly fields: readonly IpField[];
  /** What each reader makes of it otherwise than it is meant; nothing if all is well. */
  readonly readers: Readonly<Record<IpReader, readonly string[]>>;
}

/** Every reader, and where it is met. */
export const IP_READERS: Readonly<Record<IpReader, string>> = {
  kernel: "the kernel itself (CONFIG_IP_PNP)",
  klibc: "ipconfig of initramfs-tools, as Debian and Ubuntu have it",
  dracut: "dracut's scripts, as Fedora and RHEL had them",
  systemd: "systemd-network-generator",
  networkmanager: "nm-initrd-generator, as Fedora and RHEL have it",
};

/**
 * Explains the `ip=` parameters of a kernel command line.
 *
 * @param text A command line, or a parameter with or without its `ip=`.
 * @returns Each parameter of that name, explained; what is for init is none.
 * @throws {VmConfError} `invalid-option` if there is none, or a quote stays open.
 *
 * @example Usage
 * ```ts
 * import { explainIp } from "@cni/vmconf/formats";
 * import { assertEquals } from "@std/assert";
 *
 * const [ip] = explainIp("ip=10.0.0.2::10.0.0.1:255.255.255.255::eth0:off");
 * assertEquals(ip?.fields[2]?.name, "gw-ip");
 * assertEquals(ip?.readers.systemd, []);
 * assertEquals(ip?.readers.kernel.length, 1); // takes the mask for unset
 * ```
 */
export function explainIp(text: string): IpExplanation[] {
  const found = parametersIn(text);
  if (found.length === 0) {
    throw invalid(
      "a parameter such as ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off, found none",
    );
  }
  const parsed = found.map(parameterIn);
  return parsed.map((parameter, index) =>
    explain(parameter, {
      line: text,
      parsed,
      isLast: index === found.length - 1,
    })
  );
}

/** What stands around a parameter. */
export interface Surroundings {
  /** The whole command line. */
  readonly line: string;
  /** All parameters of that name. */
  readonly parsed: readonly Parameter[];
  /** Whether it is the last of them. */
  readonly isLast: boolean;
}

function parametersIn(text: string): string[] {
  const words = wordsOfLine(text);
  if (words === undefined) {
    throw invalid("as many closing quotes as opening ones");
  }
  const end = words.indexOf("--");
  const forKernel = end < 0 ? words : words.slice(0, end);
  const named = forKernel.filter((word) => /^"?(?:ip|nfsaddrs)=/.test(word));
  const [only] = forKernel;
  const isBare = named.length === 0 && forKernel.length === 1 && only &&
    !only.includes("=");
  return isBare ? [`ip=${only}`] : named;
}

function explain(parameter: Parameter, around: Surroundings): IpExplanation {
  const readers = Object.keys(IP_READERS) as IpReader[];
  return {
    parameter: parameter.text,
    fields: parameter.fields,
    readers: Object.fromEntries(readers.map((reader) => [
      reader,
      TRAPS.filter(({ of, catches }) =>
        of.includes(reader) && catches(parameter, around)
      ).map(({ note }) => note),
    ])) as Record<IpReader, string[]>,
  };
}

function invalid(expected: string): VmConfError {
  return new VmConfError("invalid-option", `ip=: expected ${expected}`, {
    hint: "Quote it for the shell, as one word: 'ip=…'.",
  });
}
