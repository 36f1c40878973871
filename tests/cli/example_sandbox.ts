/** A sandbox for examples: VMs, a result, a network and the command. */
import { type Outcome, vmconf } from "../child.ts";
import { inSandbox } from "../integration/sandbox.ts";

const RESULT = JSON.stringify({
  cniVersion: "1.0.0",
  interfaces: [
    { name: "tap0", sandbox: "/run/netns/vm-1" },
    { name: "tap0", sandbox: "vm-1", mac: "02:00:00:00:00:01" },
  ],
  ips: [{ interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" }],
});

/** A network of one plugin, which makes a tap. */
const NETWORK = JSON.stringify({
  cniVersion: "1.0.0",
  name: "mynet",
  plugins: [{ type: "tap" }],
});

/** The record of a VM on that network. */
function createRecord(id: string, ifName = "eth0"): string {
  return JSON.stringify({
    kind: "cniCacheV1",
    containerId: id,
    config: btoa(NETWORK),
    ifName,
    networkName: "mynet",
    netns: `/run/netns/${id}`,
    result: JSON.parse(RESULT.replaceAll("vm-1", id)),
    vmconf: { isComplete: true },
  });
}

const CNI = `
mount -t tmpfs tmpfs /var/lib
mkdir -p /run/net.d /run/plugins /var/lib/cni/results
export NETCONFPATH=/run/net.d CNI_PATH=/run/plugins
cat > /run/net.d/mynet.conflist <<'END'
${NETWORK}
END
cat > /run/plugins/tap <<'END'
#!/bin/sh
case $CNI_COMMAND in
ADD) ;;
VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}'; exit ;;
*) exit ;;
esac
ip -n "\${CNI_NETNS##*/}" tuntap add dev tap0 mode tap
sed "s#/run/netns/vm-1#$CNI_NETNS#; s#\"vm-1\"#\"$CNI_CONTAINERID\"#" /run/place/result.json
END
chmod +x /run/plugins/tap
${
  ["vm-1", "vm-2", "vm-gone"].map((id) =>
    `cat > /var/lib/cni/results/mynet-${id}-eth0 <<'END'
${createRecord(id)}
END`
  ).join("\n")
}
`;

const SETUP = `
ip netns add vm-1
ip netns add vm-2
ip -n vm-1 tuntap add dev tap0 mode tap
mkdir /run/bin /run/place
cat > /run/bin/vmconf <<'END'
#!/bin/sh
exec ${vmconf(["-A"]).map((word) => `'${word}'`).join(" ")} "$@"
END
chmod +x /run/bin/vmconf
export PATH=/run/bin:$PATH
cd /run/place
cat > result.json <<'END'
${RESULT}
END
cat > machine.json <<'END'
{"boot-source":{"kernel_image_path":"vmlinux"},"drives":[]}
END
cat > vms.ndjson <<'END'
{"containerID":"vm-1","result":${RESULT}}
END
${CNI}`;

/** Runs a bash script in a sandbox that has everything that the examples name. */
export function runExample(script: string): Promise<Outcome> {
  return inSandbox(SETUP, ["bash", "-ec", `set -o pipefail; ${script}`]);
}
