/** Where a namespace may be made, and what a path may be. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  addNetworks,
  checkNetworks,
  deleteNetworks,
  planAdd,
} from "../../src/chain/chain.ts";
import { denoRun } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { catchError } from "./catch_error.ts";
import { noPlugins, runInPlace, testInPlace } from "./place.ts";
import { createNetwork, noRecorder } from "./recorder.ts";

const NO_PATHS = [
  "",
  ".",
  "..",
  "a/b",
  "./a",
  "../a",
  "a\0b",
  "a\0",
  "/",
  "//",
  "/run/netns/",
  "/run/netns/a/",
  "/run/netns/.",
  "/run/netns/..",
  "/run/netns/a\0b",
  "/run/netns/\0",
];

for (const netNSPath of NO_PATHS) {
  testUnless(
    noRecorder,
    `${
      JSON.stringify(netNSPath)
    } is no namespace's path, for add, check and del`,
    async () => {
      await using made = createNetwork({ plugins: [{ type: "a" }] });
      const request = { containerID: "vm-1", networks: ["mynet"], netNSPath };
      for (const act of [addNetworks, checkNetworks, deleteNetworks]) {
        const { code, path } = await catchError(async () => {
          await act(request, made.options);
        });
        assertEquals([code, path], ["invalid-attachment", "netNSPath"]);
      }
      assertEquals(made.order(), []);
    },
  );
}

testUnless(
  noRecorder,
  "a bare name is that of a namespace in /run/netns, as with ip -n",
  async () => {
    await using made = createNetwork({ plugins: [{ type: "a" }] });
    for (const name of ["a", "a b", "...", "-a", "vmconf-vm-1"]) {
      const request = { containerID: "vm-1", networks: ["mynet"] };
      const steps = planAdd({ ...request, netNSPath: name }, made.options);
      assertEquals(steps[0], {
        step: "create-netns",
        netNSPath: `/run/netns/${name}`,
      });
    }
  },
);

testInPlace(
  "only the folder /run/netns is made",
  `
for path in /nope/a /run/nope/a /run/nope/netns/a; do
  vmconf add loopback --id vm-1 --netns $path --format result 2> /run/err || echo "exit code $?"
  grep -o 'or make the folder first' /run/err
done
ls -d /nope /run/nope /run/netns 2> /dev/null || echo none
vmconf add loopback --id vm-1 --netns a --format result > /dev/null
ip netns list
vmconf del --id vm-1
ip netns list`,
  "exit code 1\nor make the folder first\n".repeat(3) + "none\na\n",
);

testInPlace(
  "a file in the working directory does not change what a name means",
  `
mkdir /run/work
cd /run/work
echo precious > a
vmconf add loopback --id vm-1 --netns a --format result > /dev/null
cat a
vmconf del --id vm-1 --netns a
cat a
ls /run/netns`,
  "precious\nprecious\n",
);

testInPlace(
  "no namespace is made in a folder that others may write",
  `
mkdir -p /run/tenant/inner /run/public/inner /run/sticky/inner /run/group /run/root
chown 65534 /run/tenant
chmod 777 /run/public
chmod 1777 /run/sticky
chmod 775 /run/group
ln -s tenant /run/link
for folder in tenant tenant/inner public public/inner sticky group link; do
  vmconf add loopback --id vm-1 --netns /run/$folder/a --format result 2> /run/err || echo "exit code $?"
  grep -c 'only root or its owner' /run/err
  [ ! -e /run/$folder/a ] || echo made
done
for folder in root sticky/inner; do
  vmconf add loopback --id vm-1 --netns /run/$folder/a --format result > /dev/null && ls /run/$folder
  vmconf del --id vm-1 && ls /run/$folder
done`,
  "exit code 1\n1\n".repeat(7) + "a\n".repeat(2),
);

testInPlace(
  "no namespace is made over a file, a link or a folder",
  `
mkdir /run/netns
cd /run/netns
echo precious > /run/precious
echo precious > file
ln -s /run/precious link
ln -s /run/nowhere dangling
mkdir folder
mkfifo pipe
ln -s /dev/zero device
for name in file link dangling folder pipe device; do
  vmconf add loopback --id vm-1 --netns $name --format result 2> /dev/null || echo "exit code $?"
  vmconf del --id vm-1 --netns $name 2> /dev/null
done
cat /run/precious file link
ls -d /run/nowhere 2> /dev/null || ls
grep -c /run/netns/ /proc/self/mounts || true`,
  "exit code 1\n".repeat(6) + "precious\n".repeat(3) +
    "dangling\ndevice\nfile\nfolder\nlink\npipe\n0\n",
);

testUnless(
  noPlugins,
  "a file that is swapped for a link while add runs is not mounted on",
  async () => {
    const swap = denoRun(
      ["--allow-all"],
      "tests/chain/swap_runs.ts",
      "/run/cni",
      "/run/root/a",
      "/run/precious",
    ).map((word) => `'${word}'`).join(" ");
    const { stdout, stderr } = await runInPlace(`
mkdir /run/root
echo precious > /run/precious
${swap}
cat /run/precious
readlink /run/root/a
grep -c nsfs /proc/self/mounts || true
vmconf del --id vm-1 2> /dev/null
cat /run/precious`);
    assertEquals(stderr, "");
    assertStringIncludes(stdout, "failed to mount netns at path");
    assertEquals(
      stdout.split("\n").slice(-5),
      ["precious", "/run/precious", "0", "precious", ""],
    );
  },
);

testInPlace(
  "del does not follow a link that has taken the namespace's place",
  `
mkdir /run/root
vmconf add loopback --id vm-1 --netns /run/root/a --format result > /dev/null
umount /run/root/a
rm /run/root/a
touch /run/empty
ln -s /run/empty /run/root/a
vmconf del --id vm-1 2> /run/err || echo "exit code $?"
grep -o 'found another file or namespace: it was not removed' /run/err
ls /run/empty /run/root/a`,
  "exit code 1\nfound another file or namespace: it was not removed\n/run/empty\n/run/root/a\n",
);
