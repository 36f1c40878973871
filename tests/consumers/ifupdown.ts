/** The real ifup: what it makes of an interfaces file. */
import { assertEquals } from "@std/assert";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { listDeviceNames, makeDevices } from "../formats/kernel_state.ts";
import { type GivenFile, runInConsumers } from "./consumers.ts";
import { readKernelState, SHOW } from "./kernel.ts";

/** What came of the file. */
export interface Ifupdown {
  /** What the kernel has, as `readKernelState` reads it. */
  readonly kernel: readonly string[];
  /** What hooks such as resolvconf's hear of nameservers and domains. */
  readonly resolver: readonly string[];
}

const UP = `mkdir -p /etc/network/if-pre-up.d /etc/network/if-up.d
cat >/etc/network/if-up.d/resolver <<'END'
#!/bin/sh
[ -z "$IF_DNS_NAMESERVERS$IF_DNS_SEARCH" ] ||
  echo "$IFACE: $IF_DNS_NAMESERVERS; $IF_DNS_SEARCH" >>/run/resolver
END
chmod +x /etc/network/if-up.d/resolver
touch /run/resolver
`;

/** Lets ifup set up what the file says, set it down, and up again. */
export async function runIfup(
  files: readonly GivenFile[],
  confs: readonly StaticNetworkConf[],
): Promise<Ifupdown> {
  const names = listDeviceNames(confs);
  const { code, stdout, stderr } = await runInConsumers(
    files,
    `${UP}ifup -i interfaces -a
ifdown -i interfaces --exclude lo -a 2>/dev/null
rm /run/resolver
touch /run/resolver
ifup -i interfaces -a
cat /run/resolver
${SHOW}`,
    makeDevices(names),
  );
  assertEquals([code, stderr], [0, ""]);
  return {
    kernel: readKernelState(stdout, names),
    resolver: stdout.trim().split("\n").slice(0, -2),
  };
}
