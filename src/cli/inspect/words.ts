/** An inspection in words: what every view of it says, however it looks. */
import type { CniIpConfig, Route } from "../../cni/result.ts";
import type {
  InspectedInterface,
  InspectedSandbox,
  Inspection,
} from "../../vmconf/inspection.ts";
import type { Finding } from "../../vmconf/inspection_findings.ts";
import { steady, word } from "./width.ts";

/** A label, and what it labels. Rows of the same label belong together. */
export type Row = readonly [label: string, value: string];

/** A heading with what stands below it. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Says what the result is, and whether it converts. */
export function verdict(
  { cniVersion, converts, vms, findings }: Inspection,
): { readonly title: string; readonly verdict: string } {
  const version = cniVersion === undefined
    ? "without cniVersion"
    : word(cniVersion);
  const faults = findings.filter(({ kind }) => kind === "fault").length;
  const ids = vms.map(word).join(" and for ");
  return {
    title: `CNI result ${version}`,
    verdict: converts
      ? `converts for ${ids}`
      : `does not convert: ${faults} ${faults === 1 ? "fault" : "faults"}`,
  };
}

const KINDS = ["vm", "netns", "other", "host"] as const;

/** The sandboxes as a person follows them: from the VM to the host. */
export function inOrder({ sandboxes }: Inspection): InspectedSandbox[] {
  return sandboxes.toSorted((a, b) =>
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)
  );
}

const TITLES: Readonly<
  Record<InspectedSandbox["kind"], (name: string) => string>
> = {
  vm: (name) => `VM ${name}`,
  netns: (name) => `network namespace ${name}`,
  other: (name) => `sandbox ${name}, neither a path nor the VM's id`,
  host: () => "host (no sandbox)",
};

/** Names a sandbox. */
export function sandboxTitle({ kind, sandbox }: InspectedSandbox): string {
  return TITLES[kind](word(sandbox));
}

/** Names an interface. */
export function interfaceTitle({ index, name }: InspectedInterface): string {
  return `#${index} ${word(name)}`;
}

/** Says what an interface is to a VM. */
export function roleWords({ roles }: InspectedInterface): string {
  return roles.map(({ role, containerID }) =>
    role === "vm" ? "the VM's interface" : `the tap of ${word(containerID)}`
  ).join(", ");
}

/** Says what an interface has. */
export function interfaceRows(
  { roles, mac, mtu, socketPath, pciID, ips }: InspectedInterface,
): Row[] {
  return [
    ...roles.map(({ why }): Row => ["why", steady(why)]),
    ...row("mac", mac),
    ...row("mtu", mtu),
    ...row("socket", socketPath),
    ...row("pci", pciID),
    ...ips.map((ip): Row => ["address", ipWords(ip)]),
  ];
}

/** Says what a result has beside its interfaces. */
export function otherSections(
  { strayIps, routes, dns }: Inspection,
): Section[] {
  const sections: Section[] = [
    {
      title: "addresses that belong to no interface",
      rows: strayIps.map((ip): Row => [
        "address",
        `${ipWords(ip)}, ${
          ip.interface === undefined
            ? "for no interface"
            : `for #${ip.interface}, which is not there`
        }`,
      ]),
    },
    {
      title: "routes",
      rows: routes.map((route): Row => ["to", routeWords(route)]),
    },
    {
      title: "DNS",
      rows: [
        ...dns.nameservers.flatMap((server) => row("server", server)),
        ...row("domain", dns.domain),
        ...dns.search.flatMap((domain) => row("search", domain)),
        ...dns.options.flatMap((option) => row("option", option)),
      ],
    },
  ];
  return sections.filter(({ rows }) => rows.length > 0);
}

/** That an interface is a VM's, and another one its tap. */
export interface PairLink {
  /** The index of the VM's interface. */
  readonly vm: number;
  /** The index of the tap. */
  readonly tap: number;
  /** Whether there is no other one for either. */
  readonly sure: boolean;
}

/** Of more than this nobody could follow the lines. */
const MOST_LINKS = 6;

/** Finds the interfaces between which a line is to be drawn. */
export function pairLinks({ vms, sandboxes }: Inspection): PairLink[] {
  const all = sandboxes.flatMap(({ interfaces }) => interfaces);
  const links = vms.flatMap((vm) => {
    const having = (wanted: "vm" | "tap") =>
      all.filter(({ roles }) =>
        roles.some(({ role, containerID }) =>
          role === wanted && containerID === vm
        )
      ).map(({ index }) => index);
    const [first = -1, ...others] = having("vm");
    const taps = having("tap");
    const sure = others.length === 0 && taps.length === 1;
    return taps.map((tap) => ({ vm: first, tap, sure }));
  });
  return links.slice(0, MOST_LINKS);
}

function row(label: string, value: string | number | undefined): Row[] {
  return value === undefined ? [] : [[label, word(String(value))]];
}

function ipWords({ address, gateway }: CniIpConfig): string {
  return gateway === undefined
    ? word(address)
    : `${word(address)}, gateway ${word(gateway)}`;
}

function routeWords({ dst, gw, ...metrics }: Route): string {
  const via = gw === undefined ? "by the address's gateway" : `by ${word(gw)}`;
  const more = Object.entries(metrics).map(([name, value]) =>
    `${name} ${value}`
  );
  return [`${word(dst)} ${via}`, ...more].join(", ");
}

const MOST_SHOWN = 20;

/** The findings that a person can take in. */
export function findingsShown({ findings }: Inspection): {
  readonly shown: readonly Finding[];
  readonly more: number;
} {
  const shown = findings.slice(0, MOST_SHOWN).map((finding) => ({
    ...finding,
    message: messageOf(finding),
    ...(finding.hint !== undefined && { hint: steady(finding.hint) }),
  }));
  return { shown, more: findings.length - shown.length };
}

/** A message of a value begins with its path already. */
function messageOf({ message, path }: Finding): string {
  const text = steady(message);
  return path === undefined || text.startsWith(path)
    ? text
    : `${path}: ${text}`;
}
