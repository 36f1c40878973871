import { assert, assertEquals } from "@std/assert";
import { denoRun } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

testUnless(
  noSandbox,
  "a reader notices what changes, keeps no more sockets than it may, and closes them all",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "",
      denoRun(["-A"], "tests/linux/reader_probe.ts"),
    );
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), [
      "invalid-netns",
      1401,
      1401,
      1402,
      "no-device",
      "invalid-netns",
      1403,
      1500,
      1501,
      1502,
      1403,
      "2 sockets",
      "0 sockets",
    ]);
  },
);

testUnless(
  noSandbox,
  "a reader never answers for a namespace that was made anew between two lookups",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "",
      denoRun(["-A"], "tests/linux/remade_probe.ts"),
    );
    assertEquals(code, 0, stderr);
    const round = (mtu: number) => [mtu, mtu + 1, mtu + 2];
    assertEquals(
      JSON.parse(stdout),
      [1400, 1410, 1420].flatMap((mtu) => [...round(mtu), ...round(mtu)]),
    );
  },
);

testUnless(
  noSandbox,
  "a reader does not take a file of the same inode on another device for the same",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "ip netns add a",
      denoRun(["-A"], "tests/linux/device_probe.ts"),
    );
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), [1, 1, 2]);
  },
);

testUnless(
  noSandbox,
  "no thread is left in another namespace, whatever is started beside lookups",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "ip netns add a\nip -n a link set lo mtu 1444",
      denoRun(["-A"], "tests/linux/threads.ts"),
    );
    assertEquals(code, 0, stderr);
    const { own, namespaces } = JSON.parse(stdout);
    assert(namespaces.length > 4, "too few threads to tell");
    assertEquals(new Set(namespaces), new Set([own]));
  },
);
