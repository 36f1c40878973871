/** From which of several files a network is read. */
import { assertEquals } from "@std/assert";
import { listNetworkNames, queryNetworkStatus } from "../../src/chain/chain.ts";
import { testUnless } from "../integration/sandbox.ts";
import { createNetwork, noRecorder, type Recorder } from "./recorder.ts";

function writeConfig({ folder }: Recorder, name: string, type: string): void {
  const config = name.endsWith(".conflist")
    ? { plugins: [{ type }] }
    : { type };
  Deno.writeTextFileSync(
    `${folder}/net.d/${name}`,
    JSON.stringify({ cniVersion: "1.0.0", name: "mynet", ...config }),
  );
}

const ORDERS: Readonly<Record<string, readonly string[]>> = {
  "a list comes before a single plugin, whatever their names are": [
    "1.conf",
    "2.json",
    "9.conflist",
  ],
  "the first of two lists by name is used": ["3.conflist", "2.conflist"],
  "the first of two single plugins by name is used": ["3.conf", "2.json"],
};

for (const [sentence, names] of Object.entries(ORDERS)) {
  testUnless(noRecorder, sentence, async () => {
    await using made = createNetwork({ name: "other" });
    for (const [index, name] of names.entries()) {
      writeConfig(made, name, index === names.length - 1 ? "b" : "a");
    }
    const { plugins } = await queryNetworkStatus("mynet", made.options);
    assertEquals(plugins, ["b"]);
    assertEquals(listNetworkNames(made.options).toSorted(), ["mynet", "other"]);
  });
}
