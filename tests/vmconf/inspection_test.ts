import { assertEquals, assertStringIncludes } from "@std/assert";
import { inspectResult } from "../../src/vmconf/inspection.ts";

const TAP = { name: "tap0", sandbox: "/run/netns/a", mtu: 1500 };
const VM = { name: "tap0", sandbox: "vm-1", mac: "02:00:00:00:00:01" };
const IP = { interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" };

function inspect(changes: object = {}, containerID?: string) {
  const text = JSON.stringify({
    cniVersion: "1.1.0",
    interfaces: [TAP, VM],
    ips: [IP],
    ...changes,
  });
  return inspectResult(text, containerID === undefined ? {} : { containerID });
}

/** What was found, without words: kind, and code or path. */
function found({ findings }: ReturnType<typeof inspect>) {
  return findings.map(({ kind, code, path }) =>
    `${kind} ${code ?? ""} ${path ?? ""}`
  );
}

function roles({ sandboxes }: ReturnType<typeof inspect>) {
  return sandboxes.flatMap(({ interfaces }) => interfaces).flatMap((it) =>
    it.roles.map(({ role, containerID, why }) =>
      `#${it.index} ${role} of ${containerID}: ${why}`
    )
  );
}

Deno.test("a complete result has no findings", () => {
  const inspection = inspect({}, "vm-1");
  assertEquals([inspection.converts, inspection.findings], [true, []]);
  assertEquals(roles(inspection), [
    "#0 tap of vm-1: it has the name of #1 in another sandbox",
    "#1 vm of vm-1: its sandbox is the container id",
  ]);
});

Deno.test("without an id, a sandbox that is not a path and has a pair is the VM's", () => {
  const inspection = inspect({
    interfaces: [TAP, VM, { name: "eth0", sandbox: "pod" }],
  });
  assertEquals([inspection.converts, inspection.vms], [true, ["vm-1"]]);
  assertEquals(
    roles(inspection)[1],
    '#1 vm of vm-1: its sandbox "vm-1" is not a path, so it is a container id',
  );
  assertEquals(
    inspection.sandboxes.map(({ sandbox, kind }) => [sandbox, kind]),
    [["/run/netns/a", "netns"], ["vm-1", "vm"], ["pod", "other"]],
  );
});

Deno.test("each sandbox that could be a VM's is inspected", () => {
  const inspection = inspect({
    interfaces: [TAP, VM, { name: "tap1", sandbox: "/run/netns/b" }, {
      name: "tap1",
      sandbox: "vm-2",
    }],
  });
  assertEquals(inspection.vms, ["vm-1", "vm-2"]);
  assertEquals(found(inspection), [
    "fault no-ip result.ips",
    "note  result.interfaces",
    "note  result.interfaces[3].mac",
    "note  result.interfaces[2].mtu",
  ]);
});

Deno.test("a sandbox without a pair is the VM's if there is no other", () => {
  const inspection = inspect({ interfaces: [TAP, { ...VM, name: "tap9" }] });
  assertEquals(inspection.vms, ["vm-1"]);
  assertEquals(found(inspection), ["fault no-pair result.interfaces"]);
});

Deno.test("it is a fault if no sandbox could be a VM's", () => {
  const onlyPaths = inspect({ interfaces: [TAP], ips: [] });
  assertEquals(found(onlyPaths), ["fault no-pair result.interfaces"]);
  assertStringIncludes(onlyPaths.findings[0]?.hint ?? "", "tc-redirect-tap");
  const legacy = inspectResult('{"cniVersion":"0.2.0"}');
  assertStringIncludes(legacy.findings[0]?.hint ?? "", "0.1.0 and 0.2.0");
});

Deno.test("several taps, or several interfaces in the VM's sandbox, are all shown", () => {
  const taps = inspect({
    interfaces: [TAP, VM, { ...TAP, sandbox: "/run/netns/b" }],
  });
  assertEquals(found(taps), ["fault no-pair result.interfaces"]);
  assertEquals(roles(taps), [
    "#0 tap of vm-1: one of 2: it has the name of #1 in another sandbox",
    '#1 vm of vm-1: its sandbox "vm-1" is not a path, so it is a container id',
    "#2 tap of vm-1: one of 2: it has the name of #1 in another sandbox",
  ]);
  const vms = inspect({ interfaces: [TAP, VM, { ...VM, name: "b" }] }, "vm-1");
  assertEquals(found(vms), ["fault no-pair result.interfaces"]);
  assertEquals(roles(vms).map((it) => it.slice(0, 26)), [
    "#0 tap of vm-1: it has the",
    "#1 vm of vm-1: one of 2: i",
    "#2 vm of vm-1: one of 2: i",
  ]);
});

Deno.test("every fault is found, although a conversion stops at the first", () => {
  const inspection = inspect({
    interfaces: [{ name: "tap0" }, { ...VM, mac: "zz" }],
    ips: [
      { interface: 5, address: "10.0.0.2/24" },
      { interface: -1, address: "10.0.0.3" },
    ],
  }, "vm-1");
  assertEquals(inspection.converts, false);
  assertEquals(found(inspection).slice(0, 5), [
    "fault invalid-result result.ips[1].address",
    "fault invalid-result result.ips[0].interface",
    "fault invalid-result result.ips[1].interface",
    "fault invalid-mac result.interfaces[1].mac",
    "fault invalid-netns result.interfaces[0].sandbox",
  ]);
  assertEquals(
    inspection.strayIps.map(({ address }) => address),
    ["10.0.0.2/24", "10.0.0.3"],
  );
});

Deno.test("an address without an index is noted: it belongs to no VM", () => {
  const inspection = inspect({ ips: [{ address: "10.0.0.2/32" }] });
  assertEquals(found(inspection), [
    "fault no-ip result.ips",
    "note  result.ips[0].interface",
  ]);
  assertEquals(inspection.strayIps, [{ address: "10.0.0.2/32" }]);
});

Deno.test("surprises are noted, and do not prevent a conversion", () => {
  const inspection = inspect({
    interfaces: [{ ...TAP, mtu: undefined }, { ...VM, mac: undefined }],
    ips: [{ ...IP, gateway: "169.254.1.1" }],
    dns: { nameservers: ["10.0.0.53", "dns.example"] },
  });
  assertEquals(inspection.converts, true);
  assertEquals(found(inspection), [
    "note  result.interfaces[1].mac",
    "note  result.interfaces[0].mtu",
    "note  result.ips[0].gateway",
    "note  result.dns.nameservers[1]",
  ]);
});

Deno.test("a plugin's error is no empty result", () => {
  const { converts, findings } = inspectResult(
    '{"cniVersion":"1.0.0","code":11,"msg":"try again"}',
  );
  assertEquals(converts, false);
  assertEquals(findings.map(({ message }) => message), [
    'result: expected the result of ADD, found a plugin\'s error: "code 11: try again"',
  ]);
});

Deno.test("a text that is not JSON is shown with the line and the place in it", () => {
  const { findings } = inspectResult('{\n  "a": 1,\n  "b" 2\n}');
  assertEquals(findings.map(({ code, excerpt }) => ({ code, excerpt })), [{
    code: "invalid-json",
    excerpt: { line: 3, column: 7, before: '  "b" ', after: "2" },
  }]);
});

Deno.test("a text that is too long is reported, and not read", () => {
  const { findings } = inspectResult("{}", { maxLength: 1 });
  assertEquals(findings.map(({ code }) => code), ["too-long"]);
});
