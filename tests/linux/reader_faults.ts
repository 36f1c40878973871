/** Makes every call of a reader fail in every way, and tells what is left. */
import { VmConfError } from "../../mod.ts";
import { readerBy } from "../../src/linux/reader.ts";
import { type Failure, faultyLibrary } from "./faulty_library.ts";
import { ERRNOS, FOR_GOOD, state } from "./faults.ts";

const LINKS = ["lo", "lo", "absent", "lo"].map((device) => ({
  netNSPath: "/run/netns/a",
  device,
}));

/** Calls until the socket is kept, and those of a lookup by it. */
const CALLS: readonly (readonly [string, number])[] = [
  ["statfs", 1],
  ["open", 1],
  ["open", 2],
  ["statx", 1],
  ["statx", 2],
  ["statx", 3],
  ["setns", 1],
  ["setns", 2],
  ["socket", 1],
  ["ioctl", 1],
  ["ioctl", 2],
  ["ioctl", 3],
];

function ask(failure: Failure): string[] {
  const library = faultyLibrary(failure);
  using reader = readerBy(() => library, 4);
  return LINKS.map((link) => {
    try {
      return `MTU ${reader.mtuOf(link)}`;
    } catch (error) {
      return error instanceof VmConfError ? error.code : `untyped: ${error}`;
    }
  });
}

for (const [name, from] of CALLS) {
  for (const errno of ERRNOS) {
    for (const more of [0, FOR_GOOD]) {
      const before = state();
      const answers = ask({ name, from, more, result: -1, errno });
      const after = state();
      console.log(JSON.stringify({ name, from, more, answers, before, after }));
    }
  }
}
