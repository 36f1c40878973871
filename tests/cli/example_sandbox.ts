/** Where examples run as they are pasted: the VM, its result and the command. */
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

const SETUP = `
ip netns add vm-1
ip -n vm-1 tuntap add dev tap0 mode tap
mkdir /run/bin /run/work
cat > /run/bin/vmconf <<'END'
#!/bin/sh
exec ${vmconf(["-A"]).map((word) => `'${word}'`).join(" ")} "$@"
END
chmod +x /run/bin/vmconf
export PATH=/run/bin:$PATH
cd /run/work
cat > result.json <<'END'
${RESULT}
END
cat > machine.json <<'END'
{"boot-source":{"kernel_image_path":"vmlinux"},"drives":[]}
END
cat > vms.ndjson <<'END'
{"containerID":"vm-1","result":${RESULT}}
END
`;

/** Runs a script of bash in a place that has what the examples speak of. */
export function runExample(script: string): Promise<Outcome> {
  return inSandbox(SETUP, ["bash", "-ec", `set -o pipefail; ${script}`]);
}
