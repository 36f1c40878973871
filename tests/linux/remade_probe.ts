/**
 * Uses a reader on namespaces that are made anew between two lookups, so that it
 * never sees that one is absent, and tells what it answered.
 */
import { mtuReader } from "../../mod.ts";
import { makeNetns, removeNetns } from "./namespaces.ts";

const names = ["a", "b", "c"];
const answers: number[] = [];
using reader = mtuReader();
for (let round = 0; round < 3; round++) {
  for (const [index, name] of names.entries()) {
    if (round > 0) removeNetns(name);
    makeNetns(name, 1400 + 10 * round + index);
  }
  for (const name of [...names, ...names]) {
    const netNSPath = `/run/netns/${name}`;
    answers.push(reader.mtuOf({ netNSPath, device: "tap0" }));
  }
}
console.log(JSON.stringify(answers));
