import { assertEquals, assertThrows } from "@std/assert";
import { parseResult } from "../../src/cni/result.ts";
import { VmConfError } from "../../src/errors.ts";

function failure(input: unknown): VmConfError {
  return assertThrows(() => parseResult(input), VmConfError);
}

Deno.test("a genuine result of ptp and tc-redirect-tap is read completely", async () => {
  const file = new URL("../vectors/real/ptp4.json", import.meta.url);
  const result = parseResult(await Deno.readTextFile(file));
  assertEquals(result.interfaces.length, 4);
  assertEquals(result.interfaces[3], {
    name: "tap0",
    mac: "16:47:a3:91:b9:a1",
    sandbox: "vm-ptp4",
  });
  assertEquals(result.ips[1], {
    address: "10.91.1.2/24",
    interface: 3,
    gateway: "10.91.1.1",
  });
  assertEquals(result.routes, [{ dst: "0.0.0.0/0" }]);
  assertEquals(result.dns, {
    nameservers: ["10.91.1.53", "1.1.1.1"],
    domain: "vm.example",
    search: ["vm.example"],
    options: ["ndots:2"],
  });
});

Deno.test("text and value are read alike", () => {
  const value = { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/24" }] };
  assertEquals(parseResult(JSON.stringify(value)), parseResult(value));
});

Deno.test("a result in the current shape stays as it is", () => {
  const result = parseResult({
    cniVersion: "0.4.0",
    interfaces: [{ name: "eth0", sandbox: "/run/netns/a" }],
    ips: [{ version: "6", interface: 0, address: "FD00::2/64" }],
  });
  assertEquals(parseResult(result), result);
});

Deno.test("the input is not changed", () => {
  const value = Object.freeze({
    CNIVERSION: "1.0.0",
    Ips: Object.freeze([Object.freeze({ ADDRESS: "10.0.0.2/24" })]),
  });
  assertEquals(parseResult(value).ips, [{ address: "10.0.0.2/24" }]);
});

Deno.test("no version, null and the empty text mean 0.1.0", () => {
  for (const cniVersion of [undefined, null, ""]) {
    const result = parseResult({ cniVersion, ip4: { ip: "10.0.0.2/24" } });
    assertEquals(result.ips, [{ address: "10.0.0.2/24" }]);
  }
  assertEquals(parseResult("null").ips, []);
});

Deno.test("an unknown version is named, with those that are known", () => {
  const error = failure({ cniVersion: "9.9.9" });
  assertEquals(error.code, "unsupported-version");
  assertEquals(error.message, 'unsupported CNI result version "9.9.9"');
  assertEquals(error.path, "result.cniVersion");
  assertEquals(
    error.hint,
    "Supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0.",
  );
  assertEquals(
    failure({ cniVersion: "constructor" }).code,
    "unsupported-version",
  );
});

Deno.test("a wrong type is reported with its path, what was expected and what was found", () => {
  const messages: [unknown, string][] = [
    [[], "result: expected an object, found an array"],
    ["3", "result: expected an object, found 3"],
    [{ cniVersion: 1 }, "result.cniVersion: expected a string, found 1"],
    [
      { cniVersion: "1.0.0", interfaces: {} },
      "result.interfaces: expected an array, found an object",
    ],
    [
      { cniVersion: "1.0.0", interfaces: [{ name: true }] },
      "result.interfaces[0].name: expected a string, found true",
    ],
    [
      { cniVersion: "1.0.0", interfaces: [null] },
      "result.interfaces[0]: expected an object, found null",
    ],
    [
      { cniVersion: "1.1.0", interfaces: [{ mtu: 1500.5 }] },
      "result.interfaces[0].mtu: expected an integer, found 1500.5",
    ],
    [
      { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2" }] },
      'result.ips[0].address: expected an address with prefix length such as "10.0.0.2/24", found "10.0.0.2"',
    ],
    [
      { cniVersion: "1.0.0", ips: [{}] },
      'result.ips[0].address: expected an address with prefix length such as "10.0.0.2/24", found nothing',
    ],
    [
      {
        cniVersion: "1.0.0",
        ips: [{ address: "10.0.0.2/24", gateway: "10.0.0" }],
      },
      'result.ips[0].gateway: expected an IP address such as "10.0.0.1", found "10.0.0"',
    ],
    [
      { cniVersion: "1.0.0", routes: [{ dst: "default" }] },
      'result.routes[0].dst: expected an address with prefix length such as "10.0.0.2/24", found "default"',
    ],
    [
      { ip4: { ip: "10.0.0.2/24", routes: [{ dst: "0.0.0.0/0", gw: "x" }] } },
      'result.ip4.routes[0].gw: expected an IP address such as "10.0.0.1", found "x"',
    ],
    [
      { cniVersion: "1.0.0", dns: { search: ["a", 7] } },
      "result.dns.search[1]: expected a string, found 7",
    ],
  ];
  for (const [input, message] of messages) {
    const error = failure(input);
    assertEquals(error.code, "invalid-result");
    assertEquals(error.message, message);
    assertEquals(error.path, message.slice(0, message.indexOf(":")));
  }
});

Deno.test("the error of a plugin is no empty result", () => {
  const errors: [object, string][] = [
    [{ code: 7, msg: "no", details: "x" }, '"code 7: no: x"'],
    [{ cniVersion: "1.0.0", code: 11, msg: "again" }, '"code 11: again"'],
  ];
  for (const [raw, told] of errors) {
    const { code, message } = failure(raw);
    assertEquals(code, "plugin-failed");
    assertEquals(
      message,
      `result: expected the result of ADD, found a plugin's error: ${told}`,
    );
  }
  assertEquals(parseResult({ code: "7", msg: "no" }).ips, []);
  const ips = [{ address: "10.0.0.2/24" }];
  const withIps = { cniVersion: "1.0.0", code: 7, msg: "no", ips };
  assertEquals(parseResult(withIps).ips, ips);
});

Deno.test("several faults are reported together", () => {
  const { message } = failure({
    cniVersion: "1.0.0",
    interfaces: [{ name: 5 }, { mac: [] }],
    dns: 7,
  });
  assertEquals(
    message,
    `result.interfaces[0].name: expected a string, found 5
result.interfaces[1].mac: expected a string, found an array
result.dns: expected an object, found 7`,
  );
});

Deno.test("a found text is quoted and cut, so that it can do no harm to a terminal", () => {
  const { message } = failure({
    cniVersion: "1.0.0",
    ips: [{ address: "\x1b[2J".padEnd(5000, "x") }],
  });
  assertEquals(message.includes("\x1b"), false);
  assertEquals(message.length < 250, true);
});

Deno.test("an integer that a number cannot hold exactly is refused", () => {
  const { message } = failure(
    '{"cniVersion":"1.0.0","routes":[{"dst":"0.0.0.0/0","priority":9007199254740993}]}',
  );
  assertEquals(
    message.startsWith(
      "result.routes[0].priority: expected an integer of at most 53 bits",
    ),
    true,
  );
});

Deno.test("a number with a fraction is neither a text nor an object", () => {
  const result = (text: string) => `{"cniVersion":"1.0.0",${text},"x":1}`;
  const texts = [
    '"interfaces":[{"name":1.0}]',
    '"interfaces":1e0',
    '"interfaces":[1.0,{"mtu":1.0}]',
    '"dns":{"nameservers":[1.0],"domain":2.0}',
  ];
  for (const text of texts) {
    const { code, message } = failure(result(text));
    assertEquals(code, "invalid-result");
    assertEquals(
      message.includes("found a number with a fraction or an exponent"),
      true,
      message,
    );
  }
});

Deno.test("values that are not plain are refused: a promise, bytes, a Map", () => {
  const values = [undefined, Promise.resolve({}), new Uint8Array(2), new Map()];
  for (const value of values) {
    assertEquals(failure(value).code, "invalid-result");
  }
});

Deno.test("a hundred thousand faults are reported as fast as a few", () => {
  const ips = Array.from({ length: 100_000 }, () => 1);
  const { message } = failure({ cniVersion: "1.0.0", ips });
  const lines = message.split("\n");
  assertEquals(lines[0], "result.ips[0]: expected an object, found 1");
  assertEquals(lines.at(-1), "… and 99980 more");
});
