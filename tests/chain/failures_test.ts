/** What is reported, and what is kept, if something fails halfway. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  addNetworks,
  type ChainEvent,
  collectGarbage,
  listAttachments,
} from "../../src/chain/chain.ts";
import { attach } from "../../src/chain/attach.ts";
import { createContext } from "../../src/chain/context.ts";
import { detach } from "../../src/chain/detach.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";
import { testUnless } from "../integration/sandbox.ts";
import { catchError } from "./catch_error.ts";
import { ALL, createNetwork, failWith, noRecorder, VM } from "./recorder.ts";

testUnless(
  noRecorder,
  "gc reports only what it deleted, and the rest can be tried again",
  async () => {
    await using made = createNetwork();
    for (const ifName of ["eth0", "eth1", "eth2"]) {
      await addNetworks({ ...ALL, ifNames: [ifName] }, made.options);
    }
    made.when(
      "b",
      "DEL",
      `[ $CNI_IFNAME = eth1 ] && { ${failWith(5, "stuck").trim()}; }\n`,
    );
    const told: string[] = [];
    const onEvent = (event: ChainEvent) => {
      if (event.kind === "collected") told.push(event.ifName);
    };
    const error = await catchError(
      () =>
        collectGarbage({ networks: ["mynet"], keep: [] }, {
          ...made.options,
          onEvent,
        }),
    );
    assertStringIncludes(error.message, "stuck");
    assertEquals(told.toSorted(), ["eth0", "eth2"]);
    const { attachments } = listAttachments({}, made.options);
    assertEquals(attachments.map(({ ifName }) => ifName), ["eth1"]);
  },
);

/** The real system, but one file cannot be changed. */
function makeReadOnly(
  name: "remove" | "rename" | "link",
  path: RegExp,
): System {
  const real = SYSTEM[name] as (...paths: string[]) => void;
  const fake = (...paths: string[]) => {
    if (!paths.some((it) => path.test(it))) return real(...paths);
    throw Object.assign(new Error("Read-only file system (os error 30)"), {
      code: "EROFS",
    });
  };
  return { ...SYSTEM, [name]: fake };
}

testUnless(
  noRecorder,
  "a record that cannot be removed is reported",
  async () => {
    await using made = createNetwork();
    await addNetworks(ALL, made.options);
    const system = makeReadOnly("remove", /results/);
    const error = await catchError(
      () => detach(createContext(made.options, system), VM),
    );
    assertEquals(error.code, "cache-failed");
    assertStringIncludes(error.message, "Read-only file system");
    assertEquals(listAttachments({}, made.options).attachments.length, 1);
  },
);

testUnless(
  noRecorder,
  "without a record no plugin is run",
  async () => {
    await using made = createNetwork();
    const system = makeReadOnly("link", /results/);
    const error = await catchError(
      () => attach(createContext(made.options, system), ALL),
    );
    assertEquals([error.code, made.order()], ["cache-failed", []]);
  },
);

testUnless(
  noRecorder,
  "if a result cannot be recorded, DEL is given the result in memory",
  async () => {
    await using made = createNetwork();
    const system = makeReadOnly("rename", /results/);
    const error = await catchError(
      () => attach(createContext(made.options, system), ALL),
    );
    assertEquals(error.code, "cache-failed");
    assertEquals(made.order(), ["ADD a", "DEL a"]);
    const [, del] = made.calls();
    assertEquals(Object(del?.stdin.prevResult).interfaces, [{ name: "by-a" }]);
    assertEquals(listAttachments({}, made.options).attachments, []);
  },
);

testUnless(
  noRecorder,
  "VERSION is called only if there is a choice, and again after the plugin's file changed",
  async () => {
    await using made = createNetwork();
    const asked = () => {
      const log = Deno.readTextFileSync(`${made.folder}/log`);
      return log.split('"CNI_COMMAND":"VERSION"').length - 1;
    };
    const again = { ...ALL, replace: true };
    await addNetworks(ALL, made.options);
    assertEquals(asked(), 0);
    made.network({
      name: "mynet",
      cniVersion: "1.0.0",
      cniVersions: ["0.4.0", "1.0.0"],
      plugins: [{ type: "a" }, { type: "b" }],
    });
    await addNetworks(again, made.options);
    assertEquals(asked(), 2);
    await addNetworks(again, made.options);
    assertEquals(asked(), 2);
    Deno.utimeSync(`${made.folder}/bin/a`, 1, 1);
    await addNetworks(again, made.options);
    assertEquals(asked(), 3);
    await Deno.remove(`${made.folder}/cache/vmconf/versions`);
    await addNetworks(again, made.options);
    assertEquals(asked(), 5);
  },
);

testUnless(
  noRecorder,
  "the first add already remembers the plugins' versions",
  async () => {
    await using made = createNetwork({ cniVersions: ["0.4.0", "1.0.0"] });
    await addNetworks(ALL, made.options);
    const path = `${made.folder}/cache/vmconf/versions`;
    assertEquals(
      Object.keys(JSON.parse(Deno.readTextFileSync(path))).length,
      2,
    );
  },
);

testUnless(
  noRecorder,
  "a cache folder that others may write is refused before anything is written there",
  async () => {
    await using made = createNetwork({ cniVersions: ["0.4.0", "1.0.0"] });
    Deno.mkdirSync(`${made.folder}/cache`);
    Deno.chmodSync(`${made.folder}/cache`, 0o777);
    const error = await catchError(
      () => addNetworks(ALL, made.options),
    );
    assertEquals(error.code, "cache-failed");
    assertEquals([...Deno.readDirSync(`${made.folder}/cache`)], []);
    assertEquals(made.order(), []);
  },
);
