/** Records that cannot be used, or that are not what they should be. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { attach } from "../../src/chain/attach.ts";
import {
  addNetworks,
  type ChainEvent,
  checkNetworks,
  collectGarbage,
  deleteNetworks,
  listAttachments,
  readCachedResults,
} from "../../src/chain/chain.ts";
import { createContext } from "../../src/chain/context.ts";
import { detach } from "../../src/chain/detach.ts";
import { testUnless } from "../integration/sandbox.ts";
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
import {
  createFailingSystem,
  createSystemError,
  ERRNO_NAMES,
} from "./systems.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";

const FILE = "mynet-vm-1-eth0";

/** A place where the container has been added. */
async function createAddedPlace(): Promise<Recorder> {
  const place = createNetwork();
  await addNetworks(ALL, place.options);
  return place;
}

const getRecordPath = ({ folder }: Recorder, file = FILE) =>
  `${folder}/cache/results/${file}`;

const exists = (place: Recorder, file = FILE) => {
  try {
    return Deno.lstatSync(getRecordPath(place, file)) !== undefined;
  } catch {
    return false;
  }
};

const readRecord = (place: Recorder) =>
  JSON.parse(Deno.readTextFileSync(getRecordPath(place)));

const writeText = (place: Recorder, text: string) =>
  Deno.writeTextFileSync(getRecordPath(place), text);

/** Changes some members of the record. */
const changeRecord = (place: Recorder, members: object) =>
  writeText(place, JSON.stringify({ ...readRecord(place), ...members }));

/** The plugin calls of an action. */
async function recordCalls(
  place: Recorder,
  act: () => Promise<unknown>,
): Promise<string[]> {
  const before = place.order().length;
  await act();
  return place.order().slice(before);
}

/** The notes of an action. */
async function recordNotes(
  act: (onEvent: (event: ChainEvent) => void) => Promise<unknown>,
): Promise<string[]> {
  const notes: string[] = [];
  await act((event) => {
    if (event.kind === "note") notes.push(event.message);
  });
  return notes;
}

const DEL = ["DEL b", "DEL a"];
const ADD = ["ADD a", "ADD b"];

/** Changes that make a record malformed. */
const MALFORMED: Readonly<Record<string, (place: Recorder) => void>> = {
  "that was cut": (place) =>
    writeText(place, Deno.readTextFileSync(getRecordPath(place)).slice(0, 100)),
  "that is empty": (place) => writeText(place, ""),
  "of null": (place) => writeText(place, "null"),
  "of a list": (place) => writeText(place, "[]"),
  "of a number": (place) => writeText(place, "5"),
  "of two documents": (place) =>
    writeText(place, Deno.readTextFileSync(getRecordPath(place)) + "{}"),
  "of another kind": (place) => changeRecord(place, { kind: "cniCacheV9" }),
  "with a number as id": (place) => changeRecord(place, { containerId: 5 }),
  "with a path as id": (place) =>
    changeRecord(place, { containerId: "../vm-1" }),
  "with a number as interface": (place) => changeRecord(place, { ifName: 5 }),
  "with NUL in the interface": (place) =>
    changeRecord(place, { ifName: "e\0" }),
  "with a slash in the interface": (place) =>
    changeRecord(place, { ifName: "e/0" }),
  "with a number as network": (place) =>
    changeRecord(place, { networkName: 5 }),
  "with a path as network": (place) =>
    changeRecord(place, { networkName: "../x" }),
  "with a number as namespace": (place) => changeRecord(place, { netns: 5 }),
  "with a relative namespace": (place) =>
    changeRecord(place, { netns: "mine" }),
  "with NUL in the namespace": (place) =>
    changeRecord(place, { netns: "/run/netns/a\0b" }),
  "with a list as configuration": (place) =>
    changeRecord(place, { config: [] }),
  "with a configuration that is no base64": (place) =>
    changeRecord(place, { config: "%" }),
  "with a list as result": (place) => changeRecord(place, { result: [] }),
  "with a number as the result's version": (place) =>
    changeRecord(place, { result: { cniVersion: 5 } }),
  "with arguments that are no pairs": (place) =>
    changeRecord(place, { cniArgs: [["K"]] }),
  "with a semicolon in an argument": (place) =>
    changeRecord(place, { cniArgs: [["K", "V;IgnoreUnknown=1"]] }),
  "with a list of capabilities": (place) =>
    changeRecord(place, { capabilityArgs: [] }),
  "with a note of ours that is none": (place) =>
    changeRecord(place, { vmconf: 5 }),
  "that is a link": (place) => {
    Deno.renameSync(getRecordPath(place), `${place.folder}/elsewhere`);
    Deno.symlinkSync(`${place.folder}/elsewhere`, getRecordPath(place));
  },
  "that is an empty folder": (place) => {
    Deno.removeSync(getRecordPath(place));
    Deno.mkdirSync(getRecordPath(place));
  },
  "that another user owns": (place) =>
    Deno.chownSync(getRecordPath(place), 65534, 65534),
  "that others may write": (place) =>
    Deno.chmodSync(getRecordPath(place), 0o666),
};

for (const [how, spoil] of Object.entries(MALFORMED)) {
  testUnless(
    noRecorder,
    `a record ${how} does not prevent deleting by today's configuration`,
    async () => {
      await using place = await createAddedPlace();
      spoil(place);
      let calls: string[] = [];
      const notes = await recordNotes(async (onEvent) => {
        calls = await recordCalls(
          place,
          () => deleteNetworks(VM, { ...place.options, onEvent }),
        );
      });
      assertEquals(calls, DEL);
      assertEquals("prevResult" in (place.calls().at(-1)?.stdin ?? {}), false);
      assertEquals(place.calls().at(-1)?.env.CNI_NETNS, NETNS);
      assertStringIncludes(
        notes.join(),
        "deleted by the configuration of network mynet",
      );
      assertEquals(exists(place), false);
    },
  );

  testUnless(
    noRecorder,
    `a record ${how} does not prevent adding again`,
    async () => {
      await using place = await createAddedPlace();
      spoil(place);
      const calls = await recordCalls(
        place,
        () => addNetworks(ALL, place.options),
      );
      assertEquals(calls, [...DEL, ...ADD]);
      await checkNetworks(VM, place.options);
    },
  );

  testUnless(
    noRecorder,
    `gc keeps a record ${how}, says so, and deletes other garbage`,
    async () => {
      await using place = await createAddedPlace();
      spoil(place);
      const other = { ...ALL, containerID: "vm-2", netNSPath: OTHER_NETNS };
      await addNetworks(other, place.options);
      const text = Deno.readTextFileSync(
        getRecordPath(place, "mynet-vm-2-eth0"),
      );
      Deno.writeTextFileSync(
        getRecordPath(place, "mynet-vm-2-eth0"),
        text.replace('"isComplete":true', '"isComplete":false'),
      );
      const error = await catchError(collectGarbage({}, place.options));
      assertEquals(error.code, "cache-failed");
      assertStringIncludes(error.message, FILE);
      assertEquals(exists(place), true);
      assertEquals(exists(place, "mynet-vm-2-eth0"), false);
    },
  );
}

testUnless(
  noRecorder,
  "the plugins are given the result of a record from before libcni 0.8",
  async () => {
    await using place = await createAddedPlace();
    const { result } = readRecord(place);
    writeText(place, JSON.stringify(result));
    const calls = await recordCalls(
      place,
      () => deleteNetworks(VM, place.options),
    );
    assertEquals(calls, DEL);
    assertEquals(place.calls().at(-1)?.stdin.prevResult, result);
    assertEquals(exists(place), false);
  },
);

testUnless(
  noRecorder,
  "del of a malformed record says so if its network is not configured",
  async () => {
    await using place = await createAddedPlace();
    writeText(place, "{");
    Deno.removeSync(`${place.folder}/net.d/mynet.conflist`);
    const { code, message } = await catchError(
      deleteNetworks(VM, place.options),
    );
    assertEquals(code, "cache-failed");
    assertStringIncludes(message, FILE);
    assertEquals(exists(place), true);
  },
);

testUnless(
  noRecorder,
  "del changes nothing if only a malformed record named the namespace",
  async () => {
    await using place = await createAddedPlace();
    writeText(place, "{");
    const calls = await recordCalls(place, async () => {
      const { hint } = await catchError(
        deleteNetworks({ containerID: "vm-1" }, place.options),
      );
      assertStringIncludes(hint ?? "", "--netns");
    });
    assertEquals([calls, exists(place)], [[], true]);
  },
);

testUnless(
  noRecorder,
  "del uses the requested namespace if the record does not name it",
  async () => {
    await using place = await createAddedPlace();
    changeRecord(place, { netns: undefined, vmconf: undefined });
    const calls = await recordCalls(place, async () => {
      const { code, hint } = await catchError(
        deleteNetworks({ containerID: "vm-1" }, place.options),
      );
      assertEquals(code, "uncertain");
      assertStringIncludes(hint ?? "", "--netns");
    });
    assertEquals([calls, exists(place)], [[], true]);
    assertEquals(
      await recordCalls(place, () => deleteNetworks(VM, place.options)),
      DEL,
    );
    assertEquals(place.calls().at(-1)?.env.CNI_NETNS, NETNS);
    assertEquals(exists(place), false);
  },
);

testUnless(
  noRecorder,
  "check uses the requested namespace if the record does not name it",
  async () => {
    await using place = await createAddedPlace();
    changeRecord(place, { netns: undefined, vmconf: undefined });
    const { code } = await catchError(
      checkNetworks({ containerID: "vm-1" }, place.options),
    );
    assertEquals(code, "uncertain");
    await checkNetworks(VM, place.options);
    assertEquals(place.order().slice(-2), ["CHECK a", "CHECK b"]);
    assertEquals(place.calls().at(-1)?.env.CNI_NETNS, NETNS);
  },
);

testUnless(
  noRecorder,
  "a record from before libcni 0.8 is checked, and its result is shown",
  async () => {
    await using place = await createAddedPlace();
    const { result } = readRecord(place);
    writeText(place, JSON.stringify(result));
    await checkNetworks(VM, place.options);
    assertEquals(place.order().slice(-2), ["CHECK a", "CHECK b"]);
    assertEquals(place.calls().at(-1)?.stdin.prevResult, result);
    assertEquals(readCachedResults("mynet", "vm-1", place.options), [result]);
    const other = { containerID: "vm-2", netNSPath: NETNS };
    assertEquals(
      (await catchError(checkNetworks(other, place.options))).code,
      "not-added",
    );
  },
);

testUnless(
  noRecorder,
  "del leaves other containers' malformed records alone",
  async () => {
    await using place = await createAddedPlace();
    Deno.writeTextFileSync(getRecordPath(place, "mynet-vm-10-eth0"), "{");
    await deleteNetworks(VM, place.options);
    assertEquals(exists(place, "mynet-vm-10-eth0"), true);
  },
);

/** Steps of reading a record. */
const READING = ["lstat", "open"] as const;

for (const code of ERRNO_NAMES) {
  for (const name of READING) {
    testUnless(
      noRecorder,
      `nothing is done with a record that cannot be read: ${code} at ${name}`,
      async () => {
        await using place = await createAddedPlace();
        const system = createFailingSystem(
          name,
          code,
          (path) => path === getRecordPath(place),
        );
        await testUnreadable(place, system);
      },
    );
  }
}

testUnless(
  noRecorder,
  "nothing is done with a record that cannot be read to its end",
  async () => {
    await using place = await createAddedPlace();
    const bad = new WeakSet<Deno.FsFile>();
    await testUnreadable(place, {
      ...SYSTEM,
      open: (path, options) => {
        const file = SYSTEM.open(path, options);
        if (path === getRecordPath(place)) bad.add(file);
        return file;
      },
      read: (file, buffer) => {
        if (bad.has(file)) throw createSystemError("EIO");
        return SYSTEM.read(file, buffer);
      },
    });
  },
);

async function testUnreadable(place: Recorder, system: System): Promise<void> {
  const context = createContext(place.options, system);
  for (
    const act of [() => detach(context, VM), () => attach(context, ALL)]
  ) {
    const calls = await recordCalls(place, async () => {
      const { code, message, hint } = await catchError(act());
      assertEquals(code, "cache-failed");
      assertStringIncludes(message, FILE);
      assertStringIncludes(hint ?? "", "Nothing was changed");
    });
    assertEquals([calls, exists(place)], [[], true]);
  }
}

testUnless(
  noRecorder,
  "a folder of records that cannot be read is an error, not an empty one",
  async () => {
    await using place = await createAddedPlace();
    for (const code of ERRNO_NAMES) {
      const system = createFailingSystem(
        "readDir",
        code,
        (path) => path.endsWith("/results"),
      );
      const context = createContext(place.options, system);
      const error = await catchError(detach(context, VM));
      assertEquals(error.code, "cache-failed");
    }
    assertEquals(exists(place), true);
  },
);

// B2

testUnless(
  noRecorder,
  "a record is removed by the name that it was read from",
  async () => {
    await using place = await createAddedPlace();
    Deno.renameSync(getRecordPath(place), getRecordPath(place, "another"));
    const calls = await recordCalls(
      place,
      () => deleteNetworks({ containerID: "vm-1" }, place.options),
    );
    assertEquals([calls, exists(place, "another")], [DEL, false]);
  },
);

// B9

testUnless(
  noRecorder,
  "today's configuration is used if deleting by the recorded one fails",
  async () => {
    await using place = await createAddedPlace();
    place.when("b", "DEL", failWith(7, "bad configuration"));
    place.network({ ...AB, plugins: [{ type: "a" }, { type: "c" }] });
    const calls = await recordCalls(
      place,
      () => deleteNetworks(VM, place.options),
    );
    assertEquals(calls, ["DEL b", "DEL c", "DEL a"]);
    assertEquals(exists(place), false);
  },
);

testUnless(
  noRecorder,
  "a malformed recorded configuration does not prevent deleting",
  async () => {
    await using place = await createAddedPlace();
    for (const config of ["", "{", '{"name":"mynet","plugins":5}', "[]"]) {
      changeRecord(place, { config: btoa(config) });
      const calls = await recordCalls(
        place,
        () => deleteNetworks(VM, place.options),
      );
      assertEquals([calls, exists(place)], [DEL, false], config);
      await addNetworks(ALL, place.options);
    }
  },
);

testUnless(
  noRecorder,
  "a recorded configuration of another network is not used",
  async () => {
    await using place = await createAddedPlace();
    const config = JSON.stringify({ ...AB, name: "another" });
    changeRecord(place, { config: btoa(config) });
    const { message } = await catchError(checkNetworks(VM, place.options));
    assertStringIncludes(message, '"another"');
    await deleteNetworks(VM, place.options);
    const names = place.calls().map(({ stdin }) => stdin.name);
    assertEquals(new Set(names), new Set(["mynet"]));
    assertEquals(exists(place), false);
  },
);

testUnless(
  noRecorder,
  "if both configurations fail, both failures are reported, and the record is kept",
  async () => {
    await using place = await createAddedPlace();
    place.when("b", "DEL", failWith(7, "as recorded"));
    place.when("c", "DEL", failWith(7, "as today"));
    place.network({ ...AB, plugins: [{ type: "a" }, { type: "c" }] });
    const { message } = await catchError(deleteNetworks(VM, place.options));
    assertStringIncludes(message, 'type="b" failed (delete): as recorded');
    assertStringIncludes(message, 'type="c" failed (delete): as today');
    assertEquals(exists(place), true);
  },
);

testUnless(
  noRecorder,
  "if the network is no longer configured, that and the first failure are reported",
  async () => {
    await using place = await createAddedPlace();
    place.when("b", "DEL", failWith(7, "as recorded"));
    Deno.removeSync(`${place.folder}/net.d/mynet.conflist`);
    const { message } = await catchError(deleteNetworks(VM, place.options));
    assertStringIncludes(message, "as recorded");
    assertStringIncludes(message, 'no net configuration with name "mynet"');
    assertEquals(exists(place), true);
  },
);

testUnless(
  noRecorder,
  "with a repaired configuration add can delete leftovers",
  async () => {
    await using place = await createAddedPlace();
    place.when("b", "DEL", failWith(7, "bad configuration"));
    place.network({ ...AB, plugins: [{ type: "c" }] });
    const request = { ...ALL, replace: true };
    const calls = await recordCalls(
      place,
      () => addNetworks(request, place.options),
    );
    assertEquals(calls, ["DEL b", "DEL c", "ADD c"]);
  },
);

testUnless(
  noRecorder,
  "list reports why each record cannot be used",
  async () => {
    await using place = await createAddedPlace();
    for (const spoil of Object.values(MALFORMED)) {
      await addNetworks({ ...ALL, replace: true }, place.options);
      spoil(place);
      const { attachments, unusable } = listAttachments({}, place.options);
      assertEquals(attachments, []);
      assertEquals(unusable.map(({ file }) => file), [FILE]);
      Deno.removeSync(getRecordPath(place));
    }
  },
);
