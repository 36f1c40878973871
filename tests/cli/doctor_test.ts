import { assertEquals, assertStringIncludes } from "@std/assert";
import { fixedPermissions, type Outcome, run, vmconf } from "../child.ts";
import { hideLibnl, libnlPath, noLibnl } from "../integration/libraries.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

const TASK = "jsr:@cni/vmconf/cli";

function takeLastLines({ stdout }: Outcome): string[] {
  return stdout.trimEnd().split("\n").slice(-2);
}

/** The permission flags in a command line that doctor advised. */
function findPermissions(line: string): string[] {
  return line.split(" ").filter((word) => word.startsWith("--allow-"));
}

testUnless(
  noSandbox ?? noLibnl,
  "the last two lines of doctor grant enough to query the kernel",
  async () => {
    const found = await inSandbox("", vmconf(["--allow-ffi"], "doctor"));
    assertEquals([found.code, found.stderr], [0, ""]);
    const [runLine = "", compileLine] = takeLastLines(found);
    assertEquals(runLine, `deno run --allow-ffi=${libnlPath} ${TASK}`);
    assertEquals(
      compileLine,
      `deno compile --allow-ffi=${libnlPath} --output vmconf ${TASK}`,
    );
    const asked = await inSandbox(
      "",
      vmconf(findPermissions(runLine), "mtu", "/proc/self/ns/net", "lo"),
    );
    assertEquals([asked.code, asked.stdout], [0, "65536\n"]);
  },
);

testUnless(
  fixedPermissions ?? noSandbox ?? noLibnl,
  "doctor --json prints everything that doctor found",
  async () => {
    const { code, stdout } = await inSandbox(
      hideLibnl,
      vmconf(["--allow-ffi"], "doctor", "--json"),
    );
    const found = JSON.parse(stdout);
    assertEquals([code, found.ready], [0, true]);
    assertEquals(found.library.kind, "libc");
    assertEquals(found.arch, Deno.build.arch);
    assertEquals(found.kernel, Deno.osRelease());
    assertEquals(found.namespaces, { canEnter: true });
    assertEquals(found.permissions, {
      ffi: "all",
      read: false,
      override: false,
    });
    assertEquals(found.capabilities.CAP_SYS_ADMIN, true);
    const tried = found.candidates.find(({ path }: { path: string }) =>
      path === libnlPath
    );
    assertStringIncludes(tried.failure, "file too short");
    assertEquals(
      found.run,
      `deno run --allow-ffi=${found.library.path} ${TASK}`,
    );
  },
);

testUnless(
  fixedPermissions,
  "without any permission, doctor says what to grant and does not prompt",
  async () => {
    const outcome = await run(vmconf([], "doctor"));
    assertEquals([outcome.code, outcome.stderr], [1, ""]);
    assertStringIncludes(outcome.stdout, ": not granted");
    assertStringIncludes(
      outcome.stdout,
      "(This is the usual path. Run doctor with --allow-ffi to find the real one.)",
    );
    assertEquals(
      takeLastLines(outcome).map((line) => findPermissions(line).length),
      [
        1,
        1,
      ],
    );
  },
);

Deno.test("the report of doctor fits a terminal, except for the two lines to copy", async () => {
  for (const permissions of [[], ["--allow-ffi"]]) {
    const { stdout } = await run(
      vmconf(permissions, "doctor", "--kernel-config=-"),
      { stdin: "CONFIG_VIRTIO_NET=m\nCONFIG_VIRTIO_PCI=y\n" },
    );
    const lines = stdout.trimEnd().split("\n").slice(0, -2);
    assertEquals(lines.filter((line) => line.length > 80), []);
  }
});

testUnless(
  noSandbox,
  "without CAP_SYS_ADMIN, doctor reports it and that vmconf cannot query the kernel",
  async () => {
    const { code, stdout } = await inSandbox("", [
      "setpriv",
      "--bounding-set=-all",
      "--inh-caps=-all",
      ...vmconf(["--allow-ffi"], "doctor", "--json"),
    ]);
    const { ready, capabilities, namespaces } = JSON.parse(stdout);
    assertEquals([code, ready], [1, false]);
    assertEquals(capabilities, { CAP_NET_ADMIN: false, CAP_SYS_ADMIN: false });
    assertEquals(namespaces.error.code, "netns-denied");
  },
);

testUnless(
  fixedPermissions ?? noSandbox ?? noLibnl,
  "doctor advises the variable for a library that only the variable names, and quotes it",
  async () => {
    const path = "/run/my, libs/libnl-route-3.so.200";
    const outcome = await inSandbox(
      `mkdir "/run/my, libs"
cp -L ${libnlPath} "${path}"`,
      vmconf(["--allow-ffi", "--allow-env=VMCONF_LIBRARY"], "doctor"),
      { env: { VMCONF_LIBRARY: path } },
    );
    assertEquals(outcome.code, 0);
    assertEquals(
      takeLastLines(outcome)[0],
      `VMCONF_LIBRARY='${path}' deno run --allow-env=VMCONF_LIBRARY '--allow-ffi=/run/my,, libs/libnl-route-3.so.200' ${TASK}`,
    );
  },
);

const musl = `/lib/${Deno.build.arch}-linux-musl/libc.so`;

testUnless(
  fixedPermissions ??
    await Deno.stat(musl).then(() => undefined, () => "musl is not installed"),
  "doctor detects a library for another libc without calling it",
  async () => {
    const { stdout, stderr } = await run(
      vmconf(
        ["--allow-env=VMCONF_LIBRARY", `--allow-ffi=${musl}`],
        "doctor",
        "--json",
      ),
      { env: { VMCONF_LIBRARY: musl } },
    );
    const { candidates, namespaces } = JSON.parse(stdout);
    assertEquals([candidates[0], stderr], [{
      kind: "libc",
      path: musl,
      failure: "it needs another libc than this Deno's",
    }, ""]);
    assertEquals(namespaces.error.code, "no-library");
  },
);

const KERNEL_CONFIG = `CONFIG_IP_PNP=y
# CONFIG_VIRTIO_NET is not set
CONFIG_VIRTIO_MMIO=y
CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y
`;

async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

for (const compressed of [false, true]) {
  Deno.test(
    `doctor reads a guest kernel's configuration, ${
      compressed ? "compressed" : "as text"
    }`,
    async () => {
      const { stdout } = await run(
        vmconf([], "doctor", "--kernel-config=-", "--json"),
        { stdin: compressed ? await gzip(KERNEL_CONFIG) : KERNEL_CONFIG },
      );
      const { guestKernel } = JSON.parse(stdout);
      assertEquals(guestKernel.readsIpParam, false);
      assertEquals(guestKernel.remarks, ["CONFIG_VIRTIO_NET is not set."]);
      assertEquals(guestKernel.options.CONFIG_IP_PNP, "y");
    },
  );
}

Deno.test("a damaged kernel configuration is an error", async () => {
  const damaged = (await gzip(KERNEL_CONFIG)).slice(0, 40);
  const { code, stdout, stderr } = await run(
    vmconf([], "doctor", "--kernel-config=-"),
    { stdin: damaged },
  );
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, 'vmconf: error: Cannot read "-": ');
});
