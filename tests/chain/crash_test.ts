/** What a crash leaves, and what the next operation does with it. */
import { assertEquals } from "@std/assert";
import {
  addNetworks,
  collectGarbage,
  deleteNetworks,
} from "../../src/chain/chain.ts";
import { run } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import {
  AB,
  ADD,
  createRecorder,
  noRecorder,
  type Recorder,
  VM,
} from "./recorder.ts";

/** Kills the runtime while a plugin runs, which goes on for a while. */
async function crashDuring(place: Recorder, plugin: string): Promise<void> {
  place.network({ ...AB, plugins: [...AB.plugins, { type: "c" }] });
  place.when(
    plugin,
    "ADD",
    `if ! [ -f "$here/killed" ]; then
  touch "$here/killed"
  kill -9 $PPID
  sleep 0.3
  touch "$here/ended"
fi
`,
  );
  place.when(
    "c",
    "DEL",
    '[ -f "$here/killed" ] && ! [ -f "$here/ended" ] && touch "$here/early"\n',
  );
  await run(place.command(...ADD));
}

function listFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? listFiles(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

for (const plugin of ["a", "b", "c"]) {
  testUnless(
    noRecorder,
    `after a crash at plugin ${plugin} the next add waits for it, and deletes first`,
    async () => {
      await using place = createRecorder();
      await crashDuring(place, plugin);
      const before = place.order().length;
      await addNetworks({ ...VM, networks: ["mynet"] }, place.options);
      assertEquals(place.order().slice(before, before + 4), [
        "DEL c",
        "DEL b",
        "DEL a",
        "ADD a",
      ]);
      assertEquals(
        listFiles(place.folder).some((it) => /early/.test(it)),
        false,
      );
      await deleteNetworks(VM, place.options);
      assertEquals(listFiles(`${place.folder}/cache`), []);
    },
  );

  testUnless(
    noRecorder,
    `after a crash at plugin ${plugin} gc waits for it, and deletes`,
    async () => {
      await using place = createRecorder();
      await crashDuring(place, plugin);
      const before = place.order().length;
      const collected = await collectGarbage({}, place.options);
      assertEquals(collected, [
        { network: "mynet", containerID: "vm-1", ifName: "eth0" },
      ]);
      assertEquals(place.order().slice(before), ["DEL c", "DEL b", "DEL a"]);
      assertEquals(
        listFiles(place.folder).some((it) => /early/.test(it)),
        false,
      );
      assertEquals(listFiles(`${place.folder}/cache`), []);
    },
  );
}
