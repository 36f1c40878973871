import { assert, assertEquals } from "@std/assert";
import { noSandbox, testUnless } from "../integration/sandbox.ts";
import { soak } from "./soak.ts";

/** A link of libnl's that is not put back takes 1.8 KB: 70 MiB in the 40,000 that follow. */
const MOST_GROWTH_MIB = 20;

testUnless(
  noSandbox,
  "100,000 lookups while namespaces come and go are all right, and leave nothing behind",
  async () => {
    const { wrong, madeAnew, descriptors, memory } = await soak(100_000);
    assertEquals(wrong, []);
    assertEquals(madeAnew, 200);
    assertEquals(descriptors[1], descriptors[0]);
    assert(memory[1] - memory[0] < MOST_GROWTH_MIB, memory.join(" → "));
  },
);
