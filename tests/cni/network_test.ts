import { assertEquals, assertThrows } from "@std/assert";
import { parseNetworkConfig } from "../../src/cni/network.ts";
import { VmConfError } from "../../mod.ts";

const LIST = { cniVersion: "1.0.0", name: "mynet", plugins: [{ type: "ptp" }] };

function errorOf(config: unknown): VmConfError {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  return assertThrows(() => parseNetworkConfig(text), VmConfError);
}

Deno.test("a list is read with its own members", () => {
  const { text, ...network } = parseNetworkConfig(JSON.stringify({
    ...LIST,
    disableCheck: true,
    disableGC: "TRUE",
    loadOnlyInlinedPlugins: false,
  }));
  assertEquals(network, {
    name: "mynet",
    cniVersions: ["1.0.0"],
    disableCheck: true,
    disableGC: true,
    loadOnlyInlinedPlugins: false,
    plugins: [{ type: "ptp" }],
  });
  assertEquals(JSON.parse(text).disableGC, "TRUE");
});

Deno.test("a single plugin is a list of one", () => {
  const network = parseNetworkConfig(
    '{"cniVersion":"0.4.0","name":"old","type":"bridge","bridge":"br0"}',
  );
  assertEquals(network.name, "old");
  assertEquals(network.cniVersions, ["0.4.0"]);
  assertEquals(network.plugins, [{ type: "bridge", bridge: "br0" }]);
  // The text is a list too, wherever it is read again.
  const again = parseNetworkConfig(network.text);
  assertEquals(again.plugins, network.plugins);
});

Deno.test("versions are sorted, the highest first, each once", () => {
  const { cniVersions } = parseNetworkConfig(JSON.stringify({
    ...LIST,
    cniVersions: ["0.10.0", "0.4.0", "1.1.0", "1.0.0"],
  }));
  assertEquals(cniVersions, ["1.1.0", "1.0.0", "0.10.0", "0.4.0"]);
});

Deno.test("a network without a version has the oldest", () => {
  const network = parseNetworkConfig('{"name":"n","plugins":[{"type":"x"}]}');
  assertEquals(network.cniVersions, ["0.1.0"]);
});

Deno.test("plugins of the network's folder come after those of the list", () => {
  const own = JSON.stringify({ cniVersion: "1.0.0", name: "mynet" });
  const network = parseNetworkConfig(own, ['{"type":"a"}', '{"type":"b"}']);
  assertEquals(network.plugins, [{ type: "a" }, { type: "b" }]);
  // The text stands for all of it, wherever it is read again.
  assertEquals(parseNetworkConfig(network.text, ['{"type":"c"}']).plugins, [
    { type: "a" },
    { type: "b" },
  ]);
});

Deno.test("loadOnlyInlinedPlugins ignores the folder's plugins", () => {
  const text = JSON.stringify({ ...LIST, loadOnlyInlinedPlugins: true });
  assertEquals(parseNetworkConfig(text, ['{"type":"b"}']).plugins, [{
    type: "ptp",
  }]);
});

Deno.test("plugins must be there, in the list or in the folder", () => {
  for (const config of [{ ...LIST, plugins: [] }, { name: "mynet" }]) {
    const { code, path } = errorOf(config);
    assertEquals([code, path], ["invalid-network", "network.plugins"]);
  }
  const { message } = errorOf({ name: "mynet", loadOnlyInlinedPlugins: true });
  assertEquals(message, "network.plugins: expected an array, found nothing");
});

const FAULTS: readonly [config: unknown, message: string][] = [
  [[], "network: expected an object, found an array"],
  [null, "network: expected an object, found null"],
  [
    { ...LIST, name: "../etc" },
    'network.name: expected letters, digits and . _ -, such as "mynet", found "../etc"',
  ],
  [{ ...LIST, name: 5 }, "network.name: expected a string, found 5"],
  [
    { ...LIST, cniVersion: "1" },
    'network.cniVersion: expected a version such as "1.0.0", found "1"',
  ],
  [
    { ...LIST, disableCheck: "perhaps" },
    'network.disableCheck: expected true or false, found "perhaps"',
  ],
  [
    { ...LIST, plugins: [{ type: "ptp", capabilities: { mac: "yes" } }] },
    'network.plugins[0].capabilities.mac: expected true or false, found "yes"',
  ],
  [
    { ...LIST, plugins: [{ type: "ptp", dns: { nameservers: "10.0.0.1" } }] },
    'network.plugins[0].dns.nameservers: expected an array, found "10.0.0.1"',
  ],
  [
    { ...LIST, plugins: [{}] },
    "network.plugins[0].type: expected a string, found nothing",
  ],
];

for (const [config, expected] of FAULTS) {
  Deno.test(`faulty: ${expected}`, () => {
    const { code, message } = errorOf(config);
    assertEquals([code, message], ["invalid-network", expected]);
  });
}

for (const flag of ["disableCheck", "disableGC", "loadOnlyInlinedPlugins"]) {
  Deno.test(`${flag} is true or false, or the name of one, and nothing else`, () => {
    for (const value of [true, false, "True", "FALSE", null]) {
      parseNetworkConfig(JSON.stringify({ ...LIST, [flag]: value }));
    }
    const others: [json: string, found: string][] = [
      ['{"toString": 1}', "an object"],
      ["{}", "an object"],
      ['["true"]', "an array"],
      ["1", "1"],
      ["1.0", "1.0"],
      ['"yes"', '"yes"'],
    ];
    for (const [json, found] of others) {
      for (const plugins of ['"plugins": [{"type": "ptp"}]', '"x": 1']) {
        const { code, path, message } = errorOf(
          `{"name": "mynet", ${plugins}, "${flag}": ${json}}`,
        );
        assertEquals([code, path, message.split("\n").at(-1)], [
          "invalid-network",
          `network.${flag}`,
          `network.${flag}: expected true or false, found ${found}`,
        ], json);
      }
    }
  });
}

Deno.test("a configuration that is nested too deeply to be written again is refused", () => {
  const deep = "[".repeat(9000) + "]".repeat(9000);
  for (
    const text of [
      `{"name": "n", "type": "ptp", "deep": ${deep}}`,
      `{"name": "n", "plugins": [{"type": "ptp", "deep": ${deep}}]}`,
    ]
  ) assertEquals(errorOf(text).code, "invalid-json");
});

for (const type of ["", ".", "..", "../sh", "/bin/sh", "a/b", "a\\b", "a\0"]) {
  Deno.test(`a plugin's type must be a bare name: ${JSON.stringify(type)}`, () => {
    for (const plugin of [{ type }, { type: "ptp", ipam: { type } }]) {
      assertEquals(
        errorOf({ ...LIST, plugins: [plugin] }).code,
        "invalid-network",
      );
    }
  });
}

Deno.test("a text that is not JSON is reported with line and column", () => {
  const { code, message } = errorOf('{"name":\n}');
  assertEquals(code, "invalid-json");
  assertEquals(
    message,
    'Cannot parse the JSON text: line 2, column 1: expected a value, found "}"',
  );
});
