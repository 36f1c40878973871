/** Every example of `--help`, run as it would be pasted. */
import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../src/cli/commands.ts";
import { vmconf } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

const RESULT = JSON.stringify({
  cniVersion: "1.0.0",
  interfaces: [
    { name: "tap0", sandbox: "/run/netns/vm-1" },
    { name: "tap0", sandbox: "vm-1", mac: "02:00:00:00:00:01" },
  ],
  ips: [{ interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" }],
});

/** What the examples speak of: a VM's tap, its result, and the command. */
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
cat > vms.ndjson <<'END'
{"containerID":"vm-1","result":${RESULT}}
END
`;

for (const { name, examples } of COMMANDS) {
  for (const { summary, line } of examples) {
    testUnless(noSandbox, `vmconf ${name}: ${summary}`, async () => {
      const { code, stdout, stderr } = await inSandbox(
        SETUP,
        ["bash", "-ec", `set -o pipefail; ${line}`],
      );
      assertEquals(code, 0, `${line}\n${stderr}`);
      const isSilent = line.startsWith("eval ");
      assertEquals(stdout === "", isSilent, line);
    });
  }
}
