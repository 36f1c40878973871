import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { unicodeWidth } from "@std/cli/unicode-width";
import { renderInspectionText } from "../../../src/cli/inspect/text.ts";
import { inspectResult } from "../../../src/vmconf/inspection.ts";
import {
  createResult,
  FAULTY,
  GENUINE,
  HOSTILE,
  NO_JSON,
} from "./inspections.ts";

function renderText(result: string, containerID?: string, width = 80): string {
  const inspection = inspectResult(result, containerID ? { containerID } : {});
  return renderInspectionText(inspection, {
    width,
    addColour: (_, word) => word,
  });
}

Deno.test("a real result is shown from the VM to the host", () => {
  assertEquals(
    renderText(GENUINE, "vm-ptp4"),
    `CNI result 1.0.0: converts for vm-ptp4

VM vm-ptp4
  #3 tap0  the VM's interface
     why      its sandbox is the container id
     mac      16:47:a3:91:b9:a1
     address  10.91.1.2/24, gateway 10.91.1.1

network namespace /var/run/netns/real1
  #1 eth0
     mac      16:47:a3:91:b9:a1
     address  10.91.1.2/24, gateway 10.91.1.1
  #2 tap0  the tap of vm-ptp4
     why      it has the name of #3 in another sandbox

host (no sandbox)
  #0 veth97e7627c
     mac      26:81:43:aa:83:8e

routes
  to       0.0.0.0/0 by the address's gateway

DNS
  server   10.91.1.53
           1.1.1.1
  domain   vm.example
  search   vm.example
  option   ndots:2

note: result.interfaces[2].mtu: The tap has no MTU in the result
  hint: vmconf reads it from the kernel, unless --mtu N gives it.
`,
  );
});

Deno.test("a result that does not convert is shown with every fault", () => {
  assertEquals(
    renderText(FAULTY),
    `CNI result 1.0.0: does not convert: 5 faults

VM vm-1
  #1 tap0  the VM's interface
     why      its sandbox "vm-1" is not a path, so it is a container id
     mac      zz
     address  10.0.0.2

network namespace /run/netns/a
  #0 tap0  the tap of vm-1
     why      it has the name of #1 in another sandbox

addresses that belong to no interface
  address  10.0.1.2/24, gateway 10.0.1.1/24, for #7, which does not exist
           fd00::1/64, gateway fe80::1, for no interface

routes
  to       0.0.0.0/0 by 10.0.0.1, mtu 1400

DNS
  server   dns.example

error: result.ips[0].address: expected an address with prefix length such as
  "10.0.0.2/24", found "10.0.0.2"
  hint: The prefix length of its subnet is missing, such as 10.0.0.2/24.
error: result.ips[1].gateway: expected an IP address such as "10.0.0.1", found
  "10.0.1.1/24"
  hint: It is one host, without prefix length: 10.0.1.1.
error: result.routes[1].dst: expected an address with prefix length such as
  "10.0.0.2/24", found 5
  hint: See the CNI specification, section 5 (Result Types).
error: result.ips[1].interface: expected 0 to 1, found 7
  hint: It is an index into result.interfaces, from 0.
error: result.interfaces[1].mac: expected six bytes such as
  "02:00:00:00:00:01", found "zz"
  hint: No VMM could give the guest this MAC.
note: result.interfaces[0].mtu: The tap has no MTU in the result
  hint: vmconf reads it from the kernel, unless --mtu N gives it.
note: result.ips[2].interface: "fd00::1/64" belongs to no interface
  hint: An address belongs to a VM by the index of its interface. Some
    plugins, such as Cilium, print no index.
note: result.ips[2].gateway: The gateway fe80::1 is not in the subnet of
  fd00::1/64
  hint: The guest reaches it only by a route on the link, which not every
    format supports.
note: result.dns.nameservers[0]: "dns.example" is not an IP address
  hint: Formats refuse such a name server.
`,
  );
});

Deno.test("a text that is not JSON is shown with a caret at the error", () => {
  assertEquals(
    renderText(NO_JSON),
    `CNI result without cniVersion: does not convert: 1 fault

error: Cannot parse the JSON text: line 4, column 21: expected a member's name
  in double quotes, found ","
  4 |     {"name": "tap0",, "sandbox": "x"}
    |                     ^
  hint: Give one JSON document, exactly as it was printed.
`,
  );
});

Deno.test("for a very long line, the part around the error is shown", () => {
  const spaces = " ".repeat(5000);
  const text = renderText(`{${spaces}"名前": oops${spaces}}`, undefined, 40);
  const [source = "", caret = ""] = text.split("\n").filter((line) =>
    line.includes("| ")
  );
  assertStringIncludes(source, "oops");
  const column = caret.indexOf("^");
  assertEquals(unicodeWidth(source.slice(0, source.indexOf("oops"))), column);
  assert(unicodeWidth(source) <= 40, source);
});

Deno.test("on a narrow terminal, values are below their labels", () => {
  const text = renderText(GENUINE, "vm-ptp4", 30);
  assertStringIncludes(
    text,
    `
  #3 tap0  the VM's interface
     why
       its sandbox is the
       container id
     mac
       16:47:a3:91:b9:a1
`,
  );
});

Deno.test("no line is wider than the terminal, whatever the result holds", () => {
  const results = [GENUINE, FAULTY, NO_JSON, ...HOSTILE.map(createResult)];
  for (const result of [...results, ...HOSTILE]) {
    for (const width of [20, 33, 80]) {
      for (const line of renderText(result, undefined, width).split("\n")) {
        assert(unicodeWidth(line) <= width, JSON.stringify(line));
        assert(!/[\p{C}\p{M}]/u.test(line), JSON.stringify(line));
      }
    }
  }
});

Deno.test("of many faults, the first ones and the number of others are shown", () => {
  const ips = Array.from({ length: 5000 }, () => ({ address: "10.0.0.1" }));
  const text = renderText(JSON.stringify({ cniVersion: "1.0.0", ips }));
  assertStringIncludes(text, "does not convert: 5001 faults");
  assertEquals(text.match(/^error: /gm)?.length, 20);
  assertStringIncludes(text, "\n… and 9981 more\n");
});

Deno.test("colour marks the verdict, the roles and the findings", () => {
  const inspection = inspectResult(FAULTY);
  const painted: string[] = [];
  renderInspectionText(inspection, {
    width: 80,
    addColour: (colour, word) => {
      painted.push(`${colour} ${word}`);
      return word;
    },
  });
  for (
    const expected of [
      "red does not convert: 5 faults",
      "default VM vm-1",
      "green the VM's interface",
      "red error:",
      "yellow note:",
      "cyan hint:",
    ]
  ) {
    assert(painted.includes(expected), expected);
  }
});
