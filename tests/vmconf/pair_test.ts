import { assert, assertEquals, assertThrows } from "@std/assert";
import { type CniInterface, parseResult } from "../../src/cni/result.ts";
import { VmConfError } from "../../src/errors.ts";
import { findInterfaceIps, findVmTapPair } from "../../src/vmconf/pair.ts";

const TAP = { name: "tap0", sandbox: "/run/netns/a" };
const VM = { name: "tap0", sandbox: "vm-1" };

function resultWith(interfaces: CniInterface[], ips: unknown[] = []) {
  return parseResult({ cniVersion: "1.0.0", interfaces, ips });
}

function pairFailure(interfaces: CniInterface[], id = "vm-1"): VmConfError {
  return assertThrows(
    () => findVmTapPair(resultWith(interfaces), id),
    VmConfError,
  );
}

Deno.test("the pair is found in either order, among others", () => {
  const others = [{ name: "cni0" }, { name: "eth0", sandbox: "/run/netns/a" }];
  for (const pair of [[TAP, VM], [VM, TAP]]) {
    assertEquals(
      findVmTapPair(resultWith([...others, ...pair]), "vm-1"),
      { vm: VM, tap: TAP },
    );
  }
});

Deno.test("no interface in the VM's sandbox: the sandboxes that are there are shown", () => {
  const { code, message, hint, path } = pairFailure([TAP, VM], "vm-2");
  assertEquals(code, "no-pair");
  assertEquals(path, "result.interfaces");
  assertEquals(
    message,
    'did not find expected network device with name "pseudo-device for vm-2"',
  );
  assert(hint?.includes('"vm-1"'), hint);
});

Deno.test("no interfaces at all: the old versions are named as the likely cause", () => {
  const { hint } = pairFailure([]);
  assert(hint?.includes("0.1.0"), hint);
});

Deno.test("two interfaces in the VM's sandbox are one too many", () => {
  assertEquals(
    pairFailure([VM, { ...VM, name: "tap1" }, TAP]).message,
    'expected to find at most 1 interface in sandbox "vm-1", but instead found 2',
  );
});

Deno.test("no tap of the VM's name", () => {
  assertEquals(
    pairFailure([VM, { ...TAP, name: "tap1" }]).message,
    'did not find expected network device with name "tap0"',
  );
});

Deno.test("two taps of the VM's name are one too many", () => {
  assertEquals(
    pairFailure([VM, TAP, { ...TAP, sandbox: "/run/netns/b" }]).message,
    'expected to find at most 1 interface with name "tap0", but instead found 2',
  );
});

Deno.test("addresses are matched by name and sandbox, in their order", () => {
  const result = resultWith([TAP, VM], [
    { interface: 0, address: "10.0.0.9/24" },
    { interface: 1, address: "fd00::2/64" },
    { address: "10.0.0.8/24" },
    { interface: 1, address: "10.0.0.2/24" },
  ]);
  assertEquals(
    findInterfaceIps(result, "tap0", "vm-1").map(({ address }) => address),
    ["fd00::2/64", "10.0.0.2/24"],
  );
});

Deno.test("an index of no interface is a fault, even of an address of another", () => {
  for (const index of [2, -1, 4_294_967_296]) {
    const result = resultWith([TAP, VM], [
      { interface: 1, address: "10.0.0.2/24" },
      { interface: index, address: "10.0.0.3/24" },
    ]);
    const { message, path } = assertThrows(
      () => findInterfaceIps(result, "tap0", "vm-1"),
      VmConfError,
    );
    assertEquals(path, "result.ips[1].interface");
    assertEquals(
      message,
      `result.ips[1].interface: expected 0 to 1, found ${index}`,
    );
  }
});
