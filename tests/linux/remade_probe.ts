/**
 * Uses a reader on namespaces that are made anew between two lookups, so that it
 * never sees that one is absent, and tells what it answered.
 */
import { openMtuReader } from "../../mod.ts";
import { makeNetns, removeNetns } from "./namespaces.ts";

const names = ["a", "b", "c"];
const answers: number[] = [];
using reader = openMtuReader();
for (let round = 0; round < 3; round++) {
  for (const [index, name] of names.entries()) {
    if (round > 0) removeNetns(name);
    makeNetns(name, 1400 + 10 * round + index);
  }
  for (const name of [...names, ...names]) {
    const netNSPath = `/run/netns/${name}`;
    answers.push(reader.readMtu({ netNSPath, device: "tap0" }));
  }
}
console.log(JSON.stringify(answers));
