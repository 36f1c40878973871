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
import { errorOf } from "./error_of.ts";
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
import { errorFor, failing, FAILURES } from "./systems.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";

const FILE = "mynet-vm-1-eth0";

/** A place where the container has been added. */
async function added(): Promise<Recorder> {
  const place = createNetwork();
  await addNetworks(ALL, place.options);
  return place;
}

const pathOf = ({ folder }: Recorder, file = FILE) =>
  `${folder}/cache/results/${file}`;

const isThere = (place: Recorder, file = FILE) => {
  try {
    return Deno.lstatSync(pathOf(place, file)) !== undefined;
  } catch {
    return false;
  }
};

const readRecord = (place: Recorder) =>
  JSON.parse(Deno.readTextFileSync(pathOf(place)));

const write = (place: Recorder, text: string) =>
  Deno.writeTextFileSync(pathOf(place), text);

/** Changes some members of the record. */
const change = (place: Recorder, members: object) =>
  write(place, JSON.stringify({ ...readRecord(place), ...members }));

/** The calls that something leads to. */
async function callsOf(
  place: Recorder,
  act: () => Promise<unknown>,
): Promise<string[]> {
  const before = place.order().length;
  await act();
  return place.order().slice(before);
}

/** What people are told meanwhile. */
async function notesOf(
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

/** What makes a record malformed. */
const MALFORMED: Readonly<Record<string, (place: Recorder) => void>> = {
  "that was cut": (place) =>
    write(place, Deno.readTextFileSync(pathOf(place)).slice(0, 100)),
  "that is empty": (place) => write(place, ""),
  "of null": (place) => write(place, "null"),
  "of a list": (place) => write(place, "[]"),
  "of a number": (place) => write(place, "5"),
  "of two documents": (place) =>
    write(place, Deno.readTextFileSync(pathOf(place)) + "{}"),
  "of another kind": (place) => change(place, { kind: "cniCacheV9" }),
  "with a number as id": (place) => change(place, { containerId: 5 }),
  "with a path as id": (place) => change(place, { containerId: "../vm-1" }),
  "with a number as interface": (place) => change(place, { ifName: 5 }),
  "with NUL in the interface": (place) => change(place, { ifName: "e\0" }),
  "with a slash in the interface": (place) => change(place, { ifName: "e/0" }),
  "with a number as network": (place) => change(place, { networkName: 5 }),
  "with a path as network": (place) => change(place, { networkName: "../x" }),
  "with a number as namespace": (place) => change(place, { netns: 5 }),
  "with a relative namespace": (place) => change(place, { netns: "mine" }),
  "with NUL in the namespace": (place) =>
    change(place, { netns: "/run/netns/a\0b" }),
  "with a list as configuration": (place) => change(place, { config: [] }),
  "with a configuration that is no base64": (place) =>
    change(place, { config: "%" }),
  "with a list as result": (place) => change(place, { result: [] }),
  "with a number as the result's version": (place) =>
    change(place, { result: { cniVersion: 5 } }),
  "with arguments that are no pairs": (place) =>
    change(place, { cniArgs: [["K"]] }),
  "with a semicolon in an argument": (place) =>
    change(place, { cniArgs: [["K", "V;IgnoreUnknown=1"]] }),
  "with a list of capabilities": (place) =>
    change(place, { capabilityArgs: [] }),
  "with a note of ours that is none": (place) => change(place, { vmconf: 5 }),
  "that is a link": (place) => {
    Deno.renameSync(pathOf(place), `${place.folder}/elsewhere`);
    Deno.symlinkSync(`${place.folder}/elsewhere`, pathOf(place));
  },
  "that is an empty folder": (place) => {
    Deno.removeSync(pathOf(place));
    Deno.mkdirSync(pathOf(place));
  },
  "that another user owns": (place) =>
    Deno.chownSync(pathOf(place), 65534, 65534),
  "that others may write": (place) => Deno.chmodSync(pathOf(place), 0o666),
};

for (const [how, spoil] of Object.entries(MALFORMED)) {
  testUnless(
    noRecorder,
    `a record ${how} keeps nobody from deleting, by today's configuration`,
    async () => {
      await using place = await added();
      spoil(place);
      let calls: string[] = [];
      const notes = await notesOf(async (onEvent) => {
        calls = await callsOf(
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
      assertEquals(isThere(place), false);
    },
  );

  testUnless(
    noRecorder,
    `a record ${how} keeps nobody from adding again`,
    async () => {
      await using place = await added();
      spoil(place);
      const calls = await callsOf(
        place,
        () => addNetworks(ALL, place.options),
      );
      assertEquals(calls, [...DEL, ...ADD]);
      await checkNetworks(VM, place.options);
    },
  );

  testUnless(
    noRecorder,
    `gc leaves a record ${how}, says so, and deletes other garbage`,
    async () => {
      await using place = await added();
      spoil(place);
      const other = { ...ALL, containerID: "vm-2", netNSPath: OTHER_NETNS };
      await addNetworks(other, place.options);
      const text = Deno.readTextFileSync(pathOf(place, "mynet-vm-2-eth0"));
      Deno.writeTextFileSync(
        pathOf(place, "mynet-vm-2-eth0"),
        text.replace('"isComplete":true', '"isComplete":false'),
      );
      const error = await errorOf(collectGarbage({}, place.options));
      assertEquals(error.code, "cache-failed");
      assertStringIncludes(error.message, FILE);
      assertEquals(isThere(place), true);
      assertEquals(isThere(place, "mynet-vm-2-eth0"), false);
    },
  );
}

testUnless(
  noRecorder,
  "the result of a record of before libcni 0.8 is given to the plugins",
  async () => {
    await using place = await added();
    const { result } = readRecord(place);
    write(place, JSON.stringify(result));
    const calls = await callsOf(
      place,
      () => deleteNetworks(VM, place.options),
    );
    assertEquals(calls, DEL);
    assertEquals(place.calls().at(-1)?.stdin.prevResult, result);
    assertEquals(isThere(place), false);
  },
);

testUnless(
  noRecorder,
  "del of a malformed record whose network nobody configures says so",
  async () => {
    await using place = await added();
    write(place, "{");
    Deno.removeSync(`${place.folder}/net.d/mynet.conflist`);
    const { code, message } = await errorOf(
      deleteNetworks(VM, place.options),
    );
    assertEquals(code, "cache-failed");
    assertStringIncludes(message, FILE);
    assertEquals(isThere(place), true);
  },
);

testUnless(
  noRecorder,
  "del changes nothing if a malformed record was all that named the namespace",
  async () => {
    await using place = await added();
    write(place, "{");
    const calls = await callsOf(place, async () => {
      const { hint } = await errorOf(
        deleteNetworks({ containerID: "vm-1" }, place.options),
      );
      assertStringIncludes(hint ?? "", "--netns");
    });
    assertEquals([calls, isThere(place)], [[], true]);
  },
);

testUnless(
  noRecorder,
  "del takes the namespace from whoever knows it if the record does not name it",
  async () => {
    await using place = await added();
    change(place, { netns: undefined, vmconf: undefined });
    const calls = await callsOf(place, async () => {
      const { code, hint } = await errorOf(
        deleteNetworks({ containerID: "vm-1" }, place.options),
      );
      assertEquals(code, "uncertain");
      assertStringIncludes(hint ?? "", "--netns");
    });
    assertEquals([calls, isThere(place)], [[], true]);
    assertEquals(
      await callsOf(place, () => deleteNetworks(VM, place.options)),
      DEL,
    );
    assertEquals(place.calls().at(-1)?.env.CNI_NETNS, NETNS);
    assertEquals(isThere(place), false);
  },
);

testUnless(
  noRecorder,
  "check takes the namespace from whoever knows it if the record does not name it",
  async () => {
    await using place = await added();
    change(place, { netns: undefined, vmconf: undefined });
    const { code } = await errorOf(
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
  "a record of before libcni 0.8 is checked, and its result is shown",
  async () => {
    await using place = await added();
    const { result } = readRecord(place);
    write(place, JSON.stringify(result));
    await checkNetworks(VM, place.options);
    assertEquals(place.order().slice(-2), ["CHECK a", "CHECK b"]);
    assertEquals(place.calls().at(-1)?.stdin.prevResult, result);
    assertEquals(readCachedResults("mynet", "vm-1", place.options), [result]);
    const other = { containerID: "vm-2", netNSPath: NETNS };
    assertEquals(
      (await errorOf(checkNetworks(other, place.options))).code,
      "not-added",
    );
  },
);

testUnless(
  noRecorder,
  "del leaves other containers' malformed records alone",
  async () => {
    await using place = await added();
    Deno.writeTextFileSync(pathOf(place, "mynet-vm-10-eth0"), "{");
    await deleteNetworks(VM, place.options);
    assertEquals(isThere(place, "mynet-vm-10-eth0"), true);
  },
);

/** Steps of reading a record. */
const READING = ["lstat", "open"] as const;

for (const code of FAILURES) {
  for (const name of READING) {
    testUnless(
      noRecorder,
      `nothing is done with a record that cannot be read: ${code} at ${name}`,
      async () => {
        await using place = await added();
        const system = failing(name, code, (path) => path === pathOf(place));
        await unreadable(place, system);
      },
    );
  }
}

testUnless(
  noRecorder,
  "nothing is done with a record that cannot be read to its end",
  async () => {
    await using place = await added();
    const bad = new WeakSet<Deno.FsFile>();
    await unreadable(place, {
      ...SYSTEM,
      open: (path, options) => {
        const file = SYSTEM.open(path, options);
        if (path === pathOf(place)) bad.add(file);
        return file;
      },
      read: (file, buffer) => {
        if (bad.has(file)) throw errorFor("EIO");
        return SYSTEM.read(file, buffer);
      },
    });
  },
);

async function unreadable(place: Recorder, system: System): Promise<void> {
  const context = createContext(place.options, system);
  for (
    const act of [() => detach(context, VM), () => attach(context, ALL)]
  ) {
    const calls = await callsOf(place, async () => {
      const { code, message, hint } = await errorOf(act());
      assertEquals(code, "cache-failed");
      assertStringIncludes(message, FILE);
      assertStringIncludes(hint ?? "", "Nothing was changed");
    });
    assertEquals([calls, isThere(place)], [[], true]);
  }
}

testUnless(
  noRecorder,
  "a folder of records that cannot be read is an error, not an empty one",
  async () => {
    await using place = await added();
    for (const code of FAILURES) {
      const system = failing(
        "readDir",
        code,
        (path) => path.endsWith("/results"),
      );
      const context = createContext(place.options, system);
      const error = await errorOf(detach(context, VM));
      assertEquals(error.code, "cache-failed");
    }
    assertEquals(isThere(place), true);
  },
);

// B2

testUnless(
  noRecorder,
  "a record is removed by the name that it was read from",
  async () => {
    await using place = await added();
    Deno.renameSync(pathOf(place), pathOf(place, "another"));
    const calls = await callsOf(
      place,
      () => deleteNetworks({ containerID: "vm-1" }, place.options),
    );
    assertEquals([calls, isThere(place, "another")], [DEL, false]);
  },
);

// B9

testUnless(
  noRecorder,
  "what cannot be deleted by the recorded configuration is by today's",
  async () => {
    await using place = await added();
    place.when("b", "DEL", failWith(7, "bad configuration"));
    place.network({ ...AB, plugins: [{ type: "a" }, { type: "c" }] });
    const calls = await callsOf(
      place,
      () => deleteNetworks(VM, place.options),
    );
    assertEquals(calls, ["DEL b", "DEL c", "DEL a"]);
    assertEquals(isThere(place), false);
  },
);

testUnless(
  noRecorder,
  "a recorded configuration that is malformed keeps nobody from deleting",
  async () => {
    await using place = await added();
    for (const config of ["", "{", '{"name":"mynet","plugins":5}', "[]"]) {
      change(place, { config: btoa(config) });
      const calls = await callsOf(
        place,
        () => deleteNetworks(VM, place.options),
      );
      assertEquals([calls, isThere(place)], [DEL, false], config);
      await addNetworks(ALL, place.options);
    }
  },
);

testUnless(
  noRecorder,
  "a recorded configuration of another network is not used",
  async () => {
    await using place = await added();
    const config = JSON.stringify({ ...AB, name: "another" });
    change(place, { config: btoa(config) });
    const { message } = await errorOf(checkNetworks(VM, place.options));
    assertStringIncludes(message, '"another"');
    await deleteNetworks(VM, place.options);
    const names = place.calls().map(({ stdin }) => stdin.name);
    assertEquals(new Set(names), new Set(["mynet"]));
    assertEquals(isThere(place), false);
  },
);

testUnless(
  noRecorder,
  "if both configurations fail, both failures are told, and the record stays",
  async () => {
    await using place = await added();
    place.when("b", "DEL", failWith(7, "as recorded"));
    place.when("c", "DEL", failWith(7, "as today"));
    place.network({ ...AB, plugins: [{ type: "a" }, { type: "c" }] });
    const { message } = await errorOf(deleteNetworks(VM, place.options));
    assertStringIncludes(message, 'type="b" failed (delete): as recorded');
    assertStringIncludes(message, 'type="c" failed (delete): as today');
    assertEquals(isThere(place), true);
  },
);

testUnless(
  noRecorder,
  "if the network is configured no more, that and the first failure are told",
  async () => {
    await using place = await added();
    place.when("b", "DEL", failWith(7, "as recorded"));
    Deno.removeSync(`${place.folder}/net.d/mynet.conflist`);
    const { message } = await errorOf(deleteNetworks(VM, place.options));
    assertStringIncludes(message, "as recorded");
    assertStringIncludes(message, 'no net configuration with name "mynet"');
    assertEquals(isThere(place), true);
  },
);

testUnless(
  noRecorder,
  "a configuration that was mended lets add clear away what was left",
  async () => {
    await using place = await added();
    place.when("b", "DEL", failWith(7, "bad configuration"));
    place.network({ ...AB, plugins: [{ type: "c" }] });
    const request = { ...ALL, replace: true };
    const calls = await callsOf(
      place,
      () => addNetworks(request, place.options),
    );
    assertEquals(calls, ["DEL b", "DEL c", "ADD c"]);
  },
);

testUnless(
  noRecorder,
  "list tells why each record cannot be used",
  async () => {
    await using place = await added();
    for (const spoil of Object.values(MALFORMED)) {
      await addNetworks({ ...ALL, replace: true }, place.options);
      spoil(place);
      const { attachments, unusable } = listAttachments({}, place.options);
      assertEquals(attachments, []);
      assertEquals(unusable.map(({ file }) => file), [FILE]);
      Deno.removeSync(pathOf(place));
    }
  },
);
