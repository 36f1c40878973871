/** Asks for an MTU by a library with which the thread cannot return. */
import { lookUpMtu } from "../../src/linux/mtu_lookup.ts";
import { makeFaultyLibrary } from "./faulty_library.ts";

const { library } = makeFaultyLibrary({
  name: "setns",
  from: 3, // after the probe and entering
  more: 1,
  result: -1,
  errno: 1,
});
console.log(lookUpMtu(library, { netNSPath: "/run/netns/a", device: "lo" }));
