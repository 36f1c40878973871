/**
 * What a runtime must do, sentence by sentence of the CNI specification 1.1.0.
 * The plugins of these chains record how they are called.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  addNetworks,
  checkNetworks,
  collectGarbage,
  deleteNetworks,
  queryNetworkStatus,
} from "../../src/chain/chain.ts";
import { catchError } from "./catch_error.ts";
import {
  AB,
  ALL,
  createNetwork,
  failWith,
  NETNS,
  noRecorder,
  OTHER_NETNS,
  type Recorder,
  VM,
} from "./recorder.ts";
import { testUnless } from "../integration/sandbox.ts";

/** The calls of one command. */
const filterCalls = (place: Recorder, command: string) =>
  place.calls().filter(({ env }) => env.CNI_COMMAND === command);

function must(
  section: string,
  sentence: string,
  test: (place: Recorder) => Promise<void>,
): void {
  testUnless(
    noRecorder,
    `CNI ${section}: the runtime ${sentence}`,
    async () => {
      await using place = createNetwork();
      await test(place);
    },
  );
}

// Section 1: network configuration format

must("1", "passes unknown members to the plugin, unchanged", async (place) => {
  const text =
    '{"cniVersion":"1.0.0","name":"mynet","plugins":[{"type":"a","keyA":["x",{"y":null}],"big":12345678901234567890,"one":1.0,"dns":{"nameservers":["10.0.0.1"],"more":true}}]}';
  Deno.writeTextFileSync(`${place.folder}/net.d/mynet.conflist`, text);
  await addNetworks(ALL, place.options);
  const log = Deno.readTextFileSync(`${place.folder}/log`);
  assertStringIncludes(
    log,
    '"keyA":["x",{"y":null}],"big":12345678901234567890,"one":1.0,"dns":{"nameservers":["10.0.0.1"],"more":true}',
  );
});

must(
  "1",
  "does not pass members that only it may set",
  async (place) => {
    place.network({
      ...AB,
      plugins: [{ type: "a", "cni.dev/x": 1, prevResult: {} } as { type: "a" }],
    });
    await addNetworks(ALL, place.options);
    const [call] = filterCalls(place, "ADD");
    assertEquals(Object.keys(call?.stdin ?? {}), [
      "type",
      "cniVersion",
      "name",
    ]);
  },
);

must(
  "1",
  "selects the highest version that configuration and plugins have in common",
  async (place) => {
    place.network({
      ...AB,
      cniVersion: "0.4.0",
      cniVersions: ["9.0.0", "1.1.0", "0.4.0", "1.0.0"],
    });
    place.when(
      "b",
      "VERSION",
      `echo '{"supportedVersions":["0.4.0","1.0.0"]}'; exit 0`,
    );
    await addNetworks(ALL, place.options);
    assertEquals(
      filterCalls(place, "ADD").map(({ stdin }) => stdin.cniVersion),
      ["1.0.0", "1.0.0"],
    );
  },
);

must(
  "1",
  "refuses a plugin that does not speak any version of the configuration",
  async (place) => {
    place.network({ ...AB, cniVersions: ["1.0.0", "1.1.0"] });
    place.when(
      "b",
      "VERSION",
      `echo '{"supportedVersions":["0.2.0"]}'; exit 0`,
    );
    const { code, message } = await catchError(addNetworks(ALL, place.options));
    assertEquals(code, "unsupported-version");
    assertStringIncludes(message, 'plugin "b" speaks 0.2.0');
  },
);

must(
  "1",
  "treats a plugin without VERSION as one of 0.1.0",
  async (place) => {
    place.network({ ...AB, cniVersions: ["0.1.0", "1.1.0"] });
    place.when(
      "a",
      "VERSION",
      `echo '{"supportedVersions":["0.1.0"]}'; exit 0`,
    );
    place.when(
      "b",
      "VERSION",
      failWith(4, "unknown CNI_COMMAND: VERSION"),
    );
    assertEquals(
      (await queryNetworkStatus("mynet", place.options)).cniVersion,
      "0.1.0",
    );
  },
);

must(
  "1",
  "appends plugins from the network's own folder, unless the list forbids it",
  async (place) => {
    Deno.mkdirSync(`${place.folder}/net.d/mynet`);
    Deno.copyFileSync(`${place.folder}/bin/a`, `${place.folder}/bin/c`);
    Deno.writeTextFileSync(
      `${place.folder}/net.d/mynet/9.conf`,
      '{"type":"c"}',
    );
    const { plugins } = await queryNetworkStatus("mynet", place.options);
    assertEquals(plugins, ["a", "b", "c"]);
    place.network({ ...AB, loadOnlyInlinedPlugins: true });
    const inlined = await queryNetworkStatus("mynet", place.options);
    assertEquals(inlined.plugins, ["a", "b"]);
  },
);

// Section 2: execution protocol

must("2", "executes plugins in its own networking domain", async (place) => {
  await addNetworks(ALL, place.options);
  const [call] = place.calls();
  assertEquals(call?.netns, Deno.readLinkSync("/proc/self/ns/net"));
});

must("2", "sets all parameters of ADD, DEL and CHECK", async (place) => {
  const request = {
    ...ALL,
    ifNames: ["net0"],
    args: [["K", "V"], ["IgnoreUnknown", "1"]] as const,
  };
  await addNetworks(request, place.options);
  await checkNetworks(VM, place.options);
  await deleteNetworks(VM, place.options);
  const expected = {
    CNI_CONTAINERID: "vm-1",
    CNI_NETNS: NETNS,
    CNI_IFNAME: "net0",
    CNI_ARGS: "K=V;IgnoreUnknown=1",
    CNI_PATH: `${place.folder}/bin`,
  };
  for (const { env: { CNI_COMMAND, ...env } } of place.calls()) {
    assertEquals(env, expected, CNI_COMMAND);
  }
  const used = place.calls().map(({ env }) => env.CNI_COMMAND);
  assertEquals([...new Set(used)], ["ADD", "CHECK", "DEL"]);
});

must(
  "2",
  "treats an exit code other than 0 as failure, whatever was printed",
  async (place) => {
    place.when("b", "ADD", `echo '{"cniVersion":"1.0.0"}'; exit 3\n`);
    const { code, message } = await catchError(addNetworks(ALL, place.options));
    assertEquals(code, "plugin-failed");
    assertStringIncludes(message, 'plugin type="b" failed (add)');
  },
);

must("2", "shows the error that a plugin prints", async (place) => {
  place.when("a", "ADD", failWith(11, "try later"));
  const { message, hint } = await catchError(addNetworks(ALL, place.options));
  assertEquals(message, 'plugin type="a" failed (add): try later');
  assertStringIncludes(hint ?? "", "CNI error code 11: try again later.");
});

must(
  "2",
  "treats anything that is not a result as failure of ADD",
  async (place) => {
    for (const output of ["", "{", '{"ips":[{"address":"10.0.0.2"}]}', "[]x"]) {
      place.when("a", "ADD", `printf '%s' '${output}'; exit 0\n`);
      const { code, message } = await catchError(
        addNetworks(ALL, place.options),
      );
      assertEquals(code, "plugin-failed");
      assertStringIncludes(message, "expected a CNI result on standard output");
    }
  },
);

must(
  "2",
  "does not call CHECK for a container that has not been added",
  async (place) => {
    const { code } = await catchError(checkNetworks(ALL, place.options));
    assertEquals([code, place.order()], ["not-added", []]);
  },
);

must(
  "2",
  "does not call CHECK for a container that has been deleted",
  async (place) => {
    await addNetworks(ALL, place.options);
    await deleteNetworks(VM, place.options);
    const before = place.order();
    assertEquals(
      (await catchError(checkNetworks(VM, place.options))).code,
      "not-added",
    );
    assertEquals(place.order(), before);
  },
);

must("2", "does not call CHECK if disableCheck is set", async (place) => {
  place.network({ ...AB, disableCheck: true });
  await addNetworks(ALL, place.options);
  await checkNetworks(VM, place.options);
  assertEquals(filterCalls(place, "CHECK"), []);
});

must(
  "2",
  "gives CHECK the result of ADD, and the parameters of ADD",
  async (place) => {
    await addNetworks(ALL, place.options);
    await checkNetworks(VM, place.options);
    const [added] = filterCalls(place, "ADD");
    for (const { stdin, env } of filterCalls(place, "CHECK")) {
      assertEquals(stdin.prevResult, {
        cniVersion: "1.0.0",
        interfaces: [{ name: "by-b" }],
        ips: [],
      });
      assertEquals({ ...env, CNI_COMMAND: "ADD" }, { ...added?.env });
    }
  },
);

must(
  "2",
  "asks with STATUS since 1.1.0, and says why a plugin is not ready",
  async (place) => {
    await queryNetworkStatus("mynet", place.options);
    assertEquals(place.order(), []);
    place.network({ ...AB, cniVersion: "1.1.0" });
    await queryNetworkStatus("mynet", place.options);
    assertEquals(place.order(), ["STATUS a", "STATUS b"]);
    place.when("a", "STATUS", failWith(50, "no daemon"));
    const { message, hint } = await catchError(
      queryNetworkStatus("mynet", place.options),
    );
    assertEquals(message, 'plugin type="a" failed (status): no daemon');
    assertEquals(hint, "CNI error code 50: the plugin is not available.");
  },
);

must("2", "gives GC the attachments that are valid", async (place) => {
  place.network({ ...AB, cniVersion: "1.1.0" });
  await addNetworks(ALL, place.options);
  await collectGarbage({ pluginGC: ["mynet"] }, place.options);
  for (const { stdin, env } of filterCalls(place, "GC")) {
    assertEquals(stdin["cni.dev/valid-attachments"], [
      { containerID: "vm-1", ifname: "eth0" },
    ]);
    assertEquals(env.CNI_PATH, `${place.folder}/bin`);
  }
  assertEquals(filterCalls(place, "GC").length, 2);
});

must("2", "does not use GC as a substitute for DEL", async (place) => {
  place.network({ ...AB, cniVersion: "1.1.0" });
  await addNetworks(ALL, place.options);
  const before = place.order().length;
  const request = { networks: ["mynet"], keep: [], pluginGC: ["mynet"] };
  await collectGarbage(request, place.options);
  assertEquals(place.order().slice(before), [
    "DEL b",
    "DEL a",
    "GC a",
    "GC b",
  ]);
});

must(
  "2",
  "does not call GC if disableGC is set, nor before 1.1.0",
  async (place) => {
    await collectGarbage({ pluginGC: ["mynet"] }, place.options);
    place.network({ ...AB, cniVersion: "1.1.0", disableGC: true });
    await collectGarbage({ pluginGC: ["mynet"] }, place.options);
    assertEquals(place.order(), []);
  },
);

// Section 3: execution of network configurations

must(
  "3",
  "does not run two operations on one container at the same time",
  async (place) => {
    const script = `mkdir "$here/inside" || echo overlap >> "$here/overlaps"
sleep 0.05
rmdir "$here/inside"
`;
    for (const plugin of ["a", "b"]) {
      for (const command of ["ADD", "DEL", "CHECK"]) {
        place.when(plugin, command, script);
      }
    }
    await addNetworks(ALL, place.options);
    await Promise.all([
      checkNetworks(VM, place.options),
      addNetworks({ ...ALL, ifNames: ["net1"] }, place.options),
      checkNetworks(VM, place.options),
    ]);
    await deleteNetworks(VM, place.options);
    const names = [...Deno.readDirSync(place.folder)].map(({ name }) => name);
    assertEquals(names.includes("overlaps"), false);
  },
);

must(
  "3",
  "runs operations on different containers at the same time",
  async (place) => {
    // Each waits for the other, so only concurrent runs end.
    place.when(
      "a",
      "ADD",
      `touch "$here/$CNI_CONTAINERID"
until [ -f "$here/vm-1" ] && [ -f "$here/vm-2" ]; do sleep 0.02; done
`,
    );
    await Promise.all([
      addNetworks(ALL, place.options),
      addNetworks(
        { ...ALL, containerID: "vm-2", netNSPath: OTHER_NETNS },
        place.options,
      ),
    ]);
  },
);

must("3", "deletes what it added, even if ADD fails", async (place) => {
  place.when("b", "ADD", failWith(7, "no"));
  const { hint } = await catchError(addNetworks(ALL, place.options));
  assertEquals(place.order(), ["ADD a", "ADD b", "DEL b", "DEL a"]);
  assertStringIncludes(hint ?? "", "vmconf undid its changes.");
});

must("3", "says so if what it added cannot be deleted", async (place) => {
  place.when("b", "ADD", `touch "$here/fail"\n${failWith(7, "no")}`);
  place.when(
    "b",
    "DEL",
    `if [ -f "$here/fail" ]; then ${failWith(5, "stuck").trim()}; fi\n`,
  );
  const { message, hint } = await catchError(addNetworks(ALL, place.options));
  assertEquals(message, 'plugin type="b" failed (add): no');
  assertStringIncludes(
    hint ?? "",
    'Undoing it failed too, so something may be left: plugin type="b" failed (delete): stuck',
  );
  Deno.removeSync(`${place.folder}/fail`);
  await deleteNetworks(VM, place.options);
  assertEquals(place.order().slice(-2), ["DEL b", "DEL a"]);
});

must("3", "deletes again without error", async (place) => {
  await addNetworks(ALL, place.options);
  await deleteNetworks(ALL, place.options);
  await deleteNetworks(ALL, place.options);
  assertEquals(place.order().slice(-4), ["DEL b", "DEL a", "DEL b", "DEL a"]);
});

must(
  "3",
  "deletes with the configuration that it used to add",
  async (place) => {
    await addNetworks(ALL, place.options);
    place.network({ ...AB, plugins: [{ type: "c" }] });
    await deleteNetworks(ALL, place.options);
    assertEquals(place.order().slice(-2), ["DEL b", "DEL a"]);
  },
);

must(
  "3",
  "refuses names that the specification does not allow",
  async (place) => {
    for (const containerID of ["", "-vm", "a/b", "a b", "ä"]) {
      const request = { ...ALL, containerID };
      const { code } = await catchError(addNetworks(request, place.options));
      assertEquals(code, "invalid-attachment", containerID);
    }
    for (
      const name of ["", ".", "..", "a/b", "a:b", "a b", "a23456789012345x"]
    ) {
      const request = { ...ALL, ifNames: [name] };
      const { code } = await catchError(addNetworks(request, place.options));
      assertEquals(code, "invalid-attachment", name);
    }
    assertEquals(place.order(), []);
  },
);

must(
  "3",
  "adds in order, each plugin with the result of the one before",
  async (place) => {
    await addNetworks(ALL, place.options);
    const [first, second] = filterCalls(place, "ADD");
    assertEquals([first?.plugin, second?.plugin], ["a", "b"]);
    assertEquals("prevResult" in (first?.stdin ?? {}), false);
    assertEquals(second?.stdin.prevResult, {
      cniVersion: "1.0.0",
      interfaces: [{ name: "by-a" }],
      ips: [],
    });
  },
);

must("3", "gives the result of the last plugin", async (place) => {
  const [added] = await addNetworks(ALL, place.options);
  assertEquals(added?.result.interfaces, [{ name: "by-b" }]);
});

must("3", "runs nothing if a plugin is not there", async (place) => {
  Deno.removeSync(`${place.folder}/bin/b`);
  const { code } = await catchError(addNetworks(ALL, place.options));
  assertEquals([code, place.order()], ["no-plugin", []]);
});

must("3", "halts ADD at the first plugin that fails", async (place) => {
  place.when("a", "ADD", failWith(7, "no"));
  await catchError(addNetworks(ALL, place.options));
  assertEquals(filterCalls(place, "ADD").map(({ plugin }) => plugin), ["a"]);
});

must("3", "stores the result of ADD persistently", async (place) => {
  await addNetworks(ALL, place.options);
  const path = `${place.folder}/cache/results/mynet-vm-1-eth0`;
  const record = JSON.parse(Deno.readTextFileSync(path));
  assertEquals(record.kind, "cniCacheV1");
  assertEquals(record.result.interfaces, [{ name: "by-b" }]);
});

must(
  "3",
  "deletes in reverse order, with the final result of ADD",
  async (place) => {
    await addNetworks(ALL, place.options);
    const before = place.calls().length;
    await deleteNetworks(VM, place.options);
    const calls = place.calls().slice(before);
    assertEquals(calls.map(({ plugin }) => plugin), ["b", "a"]);
    for (const { stdin } of calls) {
      assertEquals(stdin.prevResult, {
        cniVersion: "1.0.0",
        interfaces: [{ name: "by-b" }],
        ips: [],
      });
    }
  },
);

must("3", "gives DEL no result before 0.4.0", async (place) => {
  place.network({ ...AB, cniVersion: "0.3.1" });
  await addNetworks(ALL, place.options);
  await deleteNetworks(VM, place.options);
  const given = (command: string) =>
    filterCalls(place, command).map(({ stdin }) => "prevResult" in stdin);
  assertEquals(given("ADD"), [false, true]);
  assertEquals(given("DEL"), [false, false]);
});

must(
  "3",
  "halts DEL at the first plugin that fails, and can try again",
  async (place) => {
    await addNetworks(ALL, place.options);
    place.when("b", "DEL", failWith(11, "not yet"));
    const before = place.order().length;
    const { message } = await catchError(deleteNetworks(VM, place.options));
    assertEquals(message, 'plugin type="b" failed (delete): not yet');
    assertEquals(place.order().slice(before), ["DEL b"]);
    place.when("b", "DEL", "");
    await deleteNetworks(VM, place.options);
    assertEquals(place.order().slice(before + 1), ["DEL b", "DEL a"]);
  },
);

must(
  "3",
  "completes a failed deletion with gc, or before the next add",
  async (place) => {
    for (const end of ["gc", "add"]) {
      await addNetworks(ALL, place.options);
      place.when("a", "DEL", failWith(11, "not yet"));
      await catchError(deleteNetworks(VM, place.options));
      place.when("a", "DEL", "");
      const before = place.order().length;
      if (end === "gc") await collectGarbage({}, place.options);
      else await addNetworks(ALL, place.options);
      assertEquals(place.order().slice(before, before + 2), ["DEL b", "DEL a"]);
    }
  },
);

must(
  "3",
  "checks in order, and halts at the first plugin that fails",
  async (place) => {
    await addNetworks(ALL, place.options);
    await checkNetworks(VM, place.options);
    assertEquals(place.order().slice(-2), ["CHECK a", "CHECK b"]);
    place.when("a", "CHECK", failWith(100, "link is gone"));
    const { message } = await catchError(checkNetworks(VM, place.options));
    assertEquals(message, 'plugin type="a" failed (check): link is gone');
    assertEquals(place.order().at(-1), "CHECK a");
  },
);

must(
  "3",
  "continues GC whatever fails, and returns all errors",
  async (place) => {
    place.network({ ...AB, cniVersion: "1.1.0" });
    for (const plugin of ["a", "b"]) {
      place.when(plugin, "GC", failWith(100, `stuck ${plugin}`));
    }
    const { message } = await catchError(
      collectGarbage({ pluginGC: ["mynet"] }, place.options),
    );
    assertEquals(message.split("\n"), [
      'plugin type="a" failed (gc): stuck a',
      'plugin type="b" failed (gc): stuck b',
    ]);
  },
);

must(
  "3",
  "inserts version and name, and removes capabilities",
  async (place) => {
    place.network({
      ...AB,
      plugins: [{ type: "a", capabilities: { mac: true } } as { type: "a" }],
    });
    await addNetworks(ALL, place.options);
    assertEquals(filterCalls(place, "ADD").map(({ stdin }) => ({ ...stdin })), [
      { type: "a", cniVersion: "1.0.0", name: "mynet" },
    ]);
  },
);

must(
  "3",
  "gives a plugin those capability arguments that it declares",
  async (place) => {
    const capabilities = { mac: true, bandwidth: false, ips: true };
    place.network({
      ...AB,
      plugins: [{ type: "a", capabilities } as { type: "a" }, { type: "b" }],
    });
    const capabilityArgs = {
      mac: "02:00:00:00:00:01",
      bandwidth: {},
      other: 1,
    };
    await addNetworks({ ...ALL, capabilityArgs }, place.options);
    await deleteNetworks(VM, place.options);
    for (const { plugin, stdin } of place.calls()) {
      assertEquals(
        stdin.runtimeConfig,
        plugin === "a" ? { mac: "02:00:00:00:00:01" } : undefined,
      );
    }
  },
);

// Section 4: plugin delegation

must(
  "4",
  "refuses an IPAM plugin whose name is not a bare name",
  async (place) => {
    place.network({
      ...AB,
      plugins: [{ type: "a", ipam: { type: "../../bin/sh" } } as { type: "a" }],
    });
    const { code, path } = await catchError(addNetworks(ALL, place.options));
    assertEquals([code, path], [
      "invalid-network",
      "network.plugins[0].ipam.type",
    ]);
    assertEquals(place.order(), []);
  },
);

must("4", "passes on what plugins log on standard error", async (place) => {
  place.when("a", "ADD", "echo careful >&2\n");
  const logged: string[] = [];
  await addNetworks(ALL, {
    ...place.options,
    onEvent: (event) => {
      if (event.kind === "end" && event.stderr) logged.push(event.stderr);
    },
  });
  assertEquals(logged, ["careful\n"]);
});
