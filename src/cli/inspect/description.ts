/** What every view of an inspection says, in words. */
import type { CniIpConfig, Route } from "../../cni/result.ts";
import type {
  InspectedInterface,
  InspectedSandbox,
  Inspection,
} from "../../vmconf/inspection.ts";
import type { Finding } from "../../vmconf/inspection_findings.ts";
import { escapeForLayout, formatValue } from "./escape.ts";

/** A labelled value. Neighbours with the same label belong together. */
export type DetailRow = readonly [label: string, value: string];

export interface DetailSection {
  readonly title: string;
  readonly rows: readonly DetailRow[];
}

export function describeOutcome(
  { cniVersion, converts, vms, findings }: Inspection,
): { readonly title: string; readonly outcome: string } {
  const version = cniVersion === undefined
    ? "without cniVersion"
    : formatValue(cniVersion);
  const faults = findings.filter(({ kind }) => kind === "fault").length;
  const ids = vms.map(formatValue).join(" and for ");
  return {
    title: `CNI result ${version}`,
    outcome: converts
      ? `converts for ${ids}`
      : `does not convert: ${faults} ${faults === 1 ? "fault" : "faults"}`,
  };
}

/** The kinds of sandboxes, from the VM to the host, with their titles. */
const SANDBOX_TITLES: Readonly<
  Record<InspectedSandbox["kind"], (name: string) => string>
> = {
  vm: (name) => `VM ${name}`,
  netns: (name) => `network namespace ${name}`,
  other: (name) => `sandbox ${name}, neither a path nor the VM's id`,
  host: () => "host (no sandbox)",
};

const KINDS = Object.keys(SANDBOX_TITLES);

/** Sorts the sandboxes from the VM to the host. */
export function sortSandboxes({ sandboxes }: Inspection): InspectedSandbox[] {
  return sandboxes.toSorted((a, b) =>
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)
  );
}

export function describeSandbox({ kind, sandbox }: InspectedSandbox): string {
  return SANDBOX_TITLES[kind](formatValue(sandbox));
}

export function describeInterface(
  { index, name }: InspectedInterface,
): string {
  return `#${index} ${formatValue(name)}`;
}

/** Says what an interface is to a VM. */
export function describeRoles({ roles }: InspectedInterface): string {
  return roles.map(({ role, containerID }) =>
    role === "vm"
      ? "the VM's interface"
      : `the tap of ${formatValue(containerID)}`
  ).join(", ");
}

export function listInterfaceRows(
  { roles, mac, mtu, socketPath, pciID, ips }: InspectedInterface,
): DetailRow[] {
  return [
    ...roles.map(({ why }): DetailRow => ["why", escapeForLayout(why)]),
    ...optionalRow("mac", mac),
    ...optionalRow("mtu", mtu),
    ...optionalRow("socket", socketPath),
    ...optionalRow("pci", pciID),
    ...ips.map((ip): DetailRow => ["address", describeIp(ip)]),
  ];
}

/** Empties a label that repeats the one above it. */
export function hideRepeatedLabels(rows: readonly DetailRow[]): DetailRow[] {
  return rows.map(([label, value], index) => [
    rows[index - 1]?.[0] === label ? "" : label,
    value,
  ]);
}

/** Lists what a result has besides its interfaces. */
export function listSections(
  { strayIps, routes, dns }: Inspection,
): DetailSection[] {
  const sections: DetailSection[] = [
    {
      title: "addresses that belong to no interface",
      rows: strayIps.map((ip): DetailRow => [
        "address",
        ip.interface === undefined
          ? `${describeIp(ip)}, for no interface`
          : `${describeIp(ip)}, for #${ip.interface}, which does not exist`,
      ]),
    },
    {
      title: "routes",
      rows: routes.map((route): DetailRow => ["to", describeRoute(route)]),
    },
    {
      title: "DNS",
      rows: [
        ...dns.nameservers.flatMap((server) => optionalRow("server", server)),
        ...optionalRow("domain", dns.domain),
        ...dns.search.flatMap((domain) => optionalRow("search", domain)),
        ...dns.options.flatMap((option) => optionalRow("option", option)),
      ],
    },
  ];
  return sections.filter(({ rows }) => rows.length > 0);
}

function optionalRow(
  label: string,
  value: string | number | undefined,
): DetailRow[] {
  return value === undefined ? [] : [[label, formatValue(String(value))]];
}

function describeIp({ address, gateway }: CniIpConfig): string {
  return gateway === undefined
    ? formatValue(address)
    : `${formatValue(address)}, gateway ${formatValue(gateway)}`;
}

function describeRoute({ dst, gw, ...metrics }: Route): string {
  const via = gw === undefined
    ? "by the address's gateway"
    : `by ${formatValue(gw)}`;
  const more = Object.entries(metrics).map(([name, value]) =>
    `${name} ${value}`
  );
  return [`${formatValue(dst)} ${via}`, ...more].join(", ");
}

/** A VM's interface and its tap, by their indexes. */
export interface PairLink {
  readonly vm: number;
  readonly tap: number;
  /** Whether there is no other candidate for either. */
  readonly sure: boolean;
}

/** More lines than this cannot be followed. */
const MOST_LINKS = 6;

/** Finds the interfaces between which a view draws a line. */
export function findPairLinks({ vms, sandboxes }: Inspection): PairLink[] {
  const all = sandboxes.flatMap(({ interfaces }) => interfaces);
  const links = vms.flatMap((vm) => {
    const findByRole = (wanted: "vm" | "tap") =>
      all.filter(({ roles }) =>
        roles.some(({ role, containerID }) =>
          role === wanted && containerID === vm
        )
      ).map(({ index }) => index);
    const [first = -1, ...others] = findByRole("vm");
    const taps = findByRole("tap");
    const sure = others.length === 0 && taps.length === 1;
    return taps.map((tap) => ({ vm: first, tap, sure }));
  });
  return links.slice(0, MOST_LINKS);
}

const MOST_FINDINGS = 20;

/** Selects the first findings, escapes them, and counts the others. */
export function selectFindings({ findings }: Inspection): {
  readonly shown: readonly Finding[];
  readonly more: number;
} {
  const shown = findings.slice(0, MOST_FINDINGS).map((finding) => ({
    ...finding,
    message: describeFinding(finding),
    ...(finding.hint !== undefined && { hint: escapeForLayout(finding.hint) }),
  }));
  return { shown, more: findings.length - shown.length };
}

/** A message about a value begins with its path already. */
function describeFinding({ message, path }: Finding): string {
  const text = escapeForLayout(message);
  return path === undefined || text.startsWith(path)
    ? text
    : `${path}: ${text}`;
}
