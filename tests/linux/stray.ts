/** Asks for an MTU by a library that cannot leave the namespace again. */
import { lookUpMtu } from "../../src/linux/mtu_lookup.ts";
import { faultyLibrary } from "./faulty_library.ts";

const { library } = faultyLibrary({
  name: "setns",
  from: 3, // after the trial at home and the entering
  more: 1,
  result: -1,
  errno: 1,
});
console.log(lookUpMtu(library, { netNSPath: "/run/netns/a", device: "lo" }));
