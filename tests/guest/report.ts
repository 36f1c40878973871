/** What a guest told of itself on its console, by `report.sh`. */

/** A network interface, as `ip -j link` has it. */
export interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly operstate: string;
}

/** An interface's addresses, as `ip -j address` has them. */
export interface Addresses {
  readonly ifname: string;
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

/** A route, as `ip -j route` has it. */
export interface GuestRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly scope?: string;
  readonly protocol?: string;
  readonly metric?: number;
  readonly metrics?: readonly Readonly<Record<string, number>>[];
  readonly flags?: readonly string[];
}

/** What a guest has. */
export interface Report {
  /** What the test's own commands printed. */
  readonly applied: string;
  readonly links: readonly Link[];
  readonly addresses: readonly Addresses[];
  readonly routes: readonly GuestRoute[];
  /** Files that tell of the network, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** What the kernel's own reader of `ip=` logged. */
  readonly log: string;
}

/**
 * Reads a report.
 *
 * @param console All that stood on the guest's console.
 * @returns The report; `undefined` if there is none, or not the end of it.
 */
export function reportOf(console: string): Report | undefined {
  const sections = new Map<string, string>();
  const [, ...parts] = console.replaceAll("\r\n", "\n").split(/^== /m);
  for (const part of parts) {
    const end = part.indexOf("\n");
    sections.set(part.slice(0, end), part.slice(end + 1));
  }
  if (!sections.has("end")) return undefined;
  const text = (name: string) => sections.get(name) ?? "";
  const list = (name: string) => JSON.parse(text(name) || "[]");
  const files = [...sections].flatMap(([name, content]) =>
    name.startsWith("file ") ? [[name.slice("file ".length), content]] : []
  );
  return {
    applied: text("applied"),
    links: list("links"),
    addresses: list("addresses"),
    routes: [...list("routes -4"), ...list("routes -6")],
    files: Object.fromEntries(files),
    log: text("log"),
  };
}
