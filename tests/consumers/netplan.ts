/** The real netplan, and then systemd-networkd with what it generates. */
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import type { GivenFile } from "./consumers.ts";
import { type Networkd, NO_DAD, runNetworkd } from "./networkd.ts";

/**
 * A shell command that lets netplan generate units for networkd.
 *
 * A virtual device has no permanent MAC, by which netplan's units match it: the
 * one that it has takes its place.
 *
 * @param root The folder in which `etc/netplan` is.
 */
export function generateIn(root: string): string {
  return `netplan generate --root-dir ${root}
sed -i 's/^PermanentMACAddress=/MACAddress=/' ${root}/run/systemd/network/*.network`;
}

/** Lets netplan generate units, and starts networkd with them. */
export function runNetplan(
  files: readonly GivenFile[],
  confs: readonly StaticNetworkConf[],
): Promise<Networkd> {
  return runNetworkd(
    files,
    confs,
    `mkdir -p root/etc/netplan
cp *.yaml root/etc/netplan
chmod 600 root/etc/netplan/*
${generateIn("root")}${NO_DAD}`,
  );
}
