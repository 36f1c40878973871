import { assertEquals, assertStringIncludes } from "@std/assert";
import { fixedPermissions, run, vmconf } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { withTempFolder } from "../temp_folder.ts";

function createResult(tap: string, network: number): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    interfaces: [
      { name: tap, sandbox: "/run/netns/a" },
      { name: tap, sandbox: "vm-1" },
    ],
    ips: [{ interface: 1, address: `10.0.${network}.2/24` }],
  });
}

/** Runs a test in a folder with two results. */
async function withResults(
  test: (folder: string, convert: typeof run) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.json`, createResult("tap0", 0));
    await Deno.writeTextFile(`${folder}/b.json`, createResult("tap1", 1));
    await test(folder, (args, options) => {
      const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
      const flags = ["--container-id=vm-1", "--mtu=1500"];
      return run(vmconf(permissions, "convert", ...flags, ...args), options);
    });
  });
}

Deno.test("several results are several interfaces, each with its name", async () => {
  await withResults(async (folder, convert) => {
    const { code, stdout } = await convert([
      `${folder}/a.json`,
      `${folder}/b.json`,
      "--if-name=eth0",
      "--if-name=eth1",
    ]);
    assertEquals(code, 0);
    const confs: { tapName: string; vmIfName: string }[] = JSON.parse(stdout);
    assertEquals(confs.map(({ tapName, vmIfName }) => [tapName, vmIfName]), [
      ["tap0", "eth0"],
      ["tap1", "eth1"],
    ]);
  });
});

Deno.test("standard input may be one of several results", async () => {
  await withResults(async (folder, convert) => {
    const { code, stdout } = await convert([`${folder}/a.json`, "-"], {
      stdin: createResult("tap9", 9),
    });
    assertEquals([code, JSON.parse(stdout)[1].tapName], [0, "tap9"]);
  });
});

Deno.test("an interface that a format cannot contain is a loss", async () => {
  await withResults(async (folder, convert) => {
    const { code, stdout, stderr } = await convert([
      `${folder}/a.json`,
      `${folder}/b.json`,
      "--format=ip",
      "--json",
    ]);
    assertEquals([code, stdout], [0, "ip=10.0.0.2:::255.255.255.0:::off\n"]);
    const { lost } = JSON.parse(stderr);
    assertEquals(
      lost.map(({ field }: { field: string }) => field),
      ["confs[0].vmMtu", "confs[1]"],
    );
  });
});

Deno.test("the parameter is added to the given kernel command line", async () => {
  await withResults(async (folder, convert) => {
    const { stdout } = await convert([
      `${folder}/a.json`,
      "--format=ip",
      "--boot-args=console=ttyS0 -- single",
    ]);
    assertEquals(
      stdout,
      "console=ttyS0 ip=10.0.0.2:::255.255.255.0:::off -- single\n",
    );
  });
});

Deno.test("-o creates the folder, writes into it, and prints nothing", async () => {
  await withResults(async (folder, convert) => {
    const { code, stdout, stderr } = await convert([
      `${folder}/a.json`,
      "-o",
      `${folder}/new/vm-1`,
    ]);
    assertEquals([code, stdout, stderr], [0, "", ""]);
    const names = [...Deno.readDirSync(`${folder}/new/vm-1`)]
      .map(({ name }) => name);
    assertEquals(names, ["vmconf.json"]);
    const text = await Deno.readTextFile(`${folder}/new/vm-1/vmconf.json`);
    assertEquals(JSON.parse(text).tapName, "tap0");
  });
});

Deno.test("a file that only root may read is created with that mode", async () => {
  await withResults(async (folder, convert) => {
    const args = ["--format=networkmanager", `--output=${folder}/nm`];
    const { code, stderr } = await convert([`${folder}/a.json`, ...args]);
    assertEquals([code, stderr], [0, ""]);
    const { mode } = await Deno.stat(`${folder}/nm/eth0.nmconnection`);
    assertEquals((mode ?? 0) & 0o777, 0o600);
  });
});

Deno.test("an existing file is kept, unless --overwrite is given", async () => {
  await withResults(async (folder, convert) => {
    const target = `${folder}/vmconf.json`;
    await Deno.writeTextFile(target, "mine");
    const args = [`${folder}/a.json`, `--output=${folder}`];
    const refused = await convert(args);
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertEquals(
      refused.stderr,
      `vmconf: error: Cannot write "${target}": the file already exists
  hint: Replace it with --overwrite, or write into another folder.\n`,
    );
    assertEquals(await Deno.readTextFile(target), "mine");
    // --force is the older name.
    for (const flag of ["--overwrite", "--force"]) {
      await Deno.writeTextFile(target, "mine");
      const { code, stderr } = await convert([...args, flag]);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(await Deno.readTextFile(target), '"tap0"');
    }
  });
});

Deno.test("with --strict, nothing is written if anything would be lost", async () => {
  await withResults(async (folder, convert) => {
    const { code, stdout, stderr } = await convert([
      `${folder}/a.json`,
      "--format=ip",
      "--strict",
      `--output=${folder}/new`,
    ]);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "error: ip leaves out vmMtu 1500");
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(names.toSorted(), ["a.json", "b.json"]);
  });
});

testUnless(
  fixedPermissions,
  "an error names the folder without permission, and the flags to grant",
  async () => {
    const { code, stderr } = await run(
      vmconf([], "convert", "--container-id=vm-1", "--mtu=1500", "-o", "/out"),
      { stdin: createResult("tap0", 0) },
    );
    assertEquals(code, 1);
    assertEquals(
      stderr,
      `vmconf: error: Cannot write "/out": permission to write there was not granted
  hint: Grant it with --allow-read=DIR --allow-write=DIR.\n`,
    );
  },
);

Deno.test("a file in place of the folder is a readable error", async () => {
  await withResults(async (folder, convert) => {
    const file = `${folder}/b.json`;
    const { code, stderr } = await convert([`${folder}/a.json`, "-o", file]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `error: Cannot write "${file}`);
  });
});
