import { assertEquals } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { noConsumers, runInConsumers } from "./consumers.ts";

testUnless(
  noConsumers,
  "a program that reads a format writes only where no other test looks",
  async () => {
    const { stdout } = await runInConsumers(
      [{ name: "given", text: "x" }],
      `for folder in / /etc /var /run /tmp /etc/network /mnt; do
  touch $folder/vmconf-test 2>/dev/null && echo $folder || true
done`,
    );
    assertEquals(stdout, "/run\n/tmp\n/etc/network\n/mnt\n");
  },
);
