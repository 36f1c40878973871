/** Least privilege: what works under each grant, and what is said where not. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  fixedPermissions,
  type Outcome,
  repositoryPath,
  run,
  vmconf,
} from "../child.ts";
import { libcPath, libnlPath, noLibnl } from "./libraries.ts";
import { inSandbox, isRoot, noSandbox, testUnless } from "./sandbox.ts";

const RESULT = JSON.stringify({
  cniVersion: "1.1.0",
  interfaces: [
    { name: "lo", sandbox: "/run/netns/a", mtu: 1312 },
    { name: "lo", sandbox: "vm-1" },
  ],
  ips: [{ interface: 1, address: "10.0.0.2/24" }],
});

/** The MTU in the namespace; the host's is 65536, which no answer may be. */
const NETNS = `ip netns add a
ip -n a link set lo mtu 1444`;

const SETUP = `${NETNS}
cat >/run/result.json <<'END'
${RESULT}
END`;

interface Grant {
  readonly name: string;
  readonly permissions: readonly string[];
  /** Whether it needs libnl-route on this machine. */
  readonly missing?: string;
  /** The library in use; `none` where none may be loaded. */
  readonly library: "libnl-route" | "libc" | "none";
  /** What `mtu` answers, or begins to say. */
  readonly answer: string;
  /** What the hint names, where there is no answer. */
  readonly hint?: string;
  /** Who runs the command. */
  readonly as?: (command: readonly string[]) => Promise<Outcome>;
}

const CONVERT = ["convert", "/run/result.json", "--container-id=vm-1"];

const MTU = "1444\n";
const NOT_GRANTED =
  "vmconf: error: failed to find MTU: permission to load libnl-route was not granted\n";
const libnlPaths = [libnlPath, libnlPath?.replace("/usr/lib/", "/lib/")];

const GRANTS: readonly Grant[] = [
  {
    name: "nothing granted",
    permissions: [],
    library: "none",
    answer: NOT_GRANTED,
    hint: "--allow-ffi=/",
  },
  {
    name: "--allow-ffi",
    permissions: ["--allow-ffi"],
    missing: noLibnl,
    library: "libnl-route",
    answer: MTU,
  },
  {
    name: "--allow-ffi of libnl-route alone",
    permissions: [`--allow-ffi=${libnlPath}`],
    missing: noLibnl,
    library: "libnl-route",
    answer: MTU,
  },
  {
    name: "--allow-ffi of libc alone",
    permissions: [`--allow-ffi=${libcPath}`],
    library: "libc",
    answer: MTU,
  },
  {
    name: "--allow-ffi of a folder",
    permissions: [`--allow-ffi=${libcPath?.replace(/\/[^/]+$/, "")}`],
    missing: noLibnl,
    library: "libnl-route",
    answer: MTU,
  },
  {
    name: "--allow-ffi of another file",
    permissions: ["--allow-ffi=/usr/lib/libnl-route"],
    library: "none",
    answer: NOT_GRANTED,
    hint: "--allow-ffi=/",
  },
  {
    name: "--deny-ffi",
    permissions: ["--allow-ffi", "--deny-ffi"],
    library: "none",
    answer: NOT_GRANTED,
    hint: "--allow-ffi=/",
  },
  {
    name: "--deny-ffi of libnl-route",
    permissions: ["--allow-ffi", `--deny-ffi=${libnlPaths}`],
    missing: noLibnl,
    library: "libc",
    answer: MTU,
  },
  {
    name: "an unprivileged user with --allow-ffi",
    permissions: ["--allow-ffi"],
    missing: noLibnl,
    library: "libnl-route",
    answer:
      "vmconf: error: failed to find MTU: error switching to ns /run/netns/a: Error switching to ns /run/netns/a: operation not permitted\n",
    hint: "CAP_SYS_ADMIN",
    as: asNobody,
  },
  {
    name: "an unprivileged user's `unshare -rnm` with libnl-route granted",
    permissions: [`--allow-ffi=${libnlPath}`],
    missing: noLibnl,
    library: "libnl-route",
    answer: MTU,
    as: (command) =>
      asNobody([
        "unshare",
        "-rnm",
        "sh",
        "-ec",
        `mount -t tmpfs tmpfs /run/netns\n${NETNS}\nexec "$@"`,
        "sh",
        ...command,
      ]),
  },
];

/** Another user may not look into root's home: what is needed is in /run. */
const PLACES = [
  [Deno.execPath(), "/run/deno"],
  [repositoryPath(""), "/run/repository/"],
] as const;

async function asNobody(command: readonly string[]): Promise<Outcome> {
  const info = await run([Deno.execPath(), "info", "--json"]);
  const { denoDir } = JSON.parse(info.stdout);
  const setup = `${SETUP}
touch /run/deno
mkdir /run/repository /run/deno-dir
mount --bind ${Deno.execPath()} /run/deno
mount --bind ${repositoryPath("")} /run/repository
for cache in npm remote; do
  [ ! -e ${denoDir}/$cache ] || cp -r ${denoDir}/$cache /run/deno-dir/
done
chown -R 65534:65534 /run/deno-dir`;
  const user = "setpriv --reuid=65534 --regid=65534 --clear-groups";
  return inSandbox(setup, [
    ...user.split(" "),
    "env",
    "DENO_DIR=/run/deno-dir",
    ...command.map((word) =>
      PLACES.reduce((text, [from, to]) => text.replaceAll(from, to), word)
    ),
  ]);
}

/**
 * Runs a command where Deno would prompt, on a terminal; both outputs in one. A
 * prompt waits for good: it is ended, and the test sees what it asked.
 */
function onTerminal(command: readonly string[]): string[] {
  const words = command.filter((word) => word !== "--no-prompt");
  const terminal = ["script", "-qec", words.join(" "), "/dev/null"];
  return ["timeout", "30", ...terminal];
}

for (const grant of GRANTS) {
  const { name, permissions, library, answer, hint } = grant;
  const as = grant.as ?? ((command) => inSandbox(SETUP, command));
  const missing = fixedPermissions ?? noSandbox ?? grant.missing ??
    (grant.as && !isRoot ? "not root, who can be anybody" : undefined);
  const isReady = hint === undefined;
  const read = [...permissions, "--allow-read=/run/result.json"];

  const assertAnswer = (
    { code, stdout }: Outcome,
    mtu: (text: string) => unknown,
  ) => {
    if (isReady) return assertEquals([mtu(stdout), code], [Number(answer), 0]);
    const [said, hinted = ""] = stdout.replaceAll("\r", "").split("  hint: ");
    assertEquals([said, code], [answer, 1]);
    assertStringIncludes(hinted, hint);
  };

  testUnless(missing, `${name}: the MTU, or what to grant`, async () => {
    const ask = vmconf(permissions, "mtu", "/run/netns/a", "lo");
    assertAnswer(await as(onTerminal(ask)), Number);
  });

  testUnless(
    missing,
    `${name}: a configuration with the kernel's MTU, or what to grant`,
    async () => {
      const outcome = await as(onTerminal(vmconf(read, ...CONVERT)));
      assertAnswer(outcome, (text) => JSON.parse(text).vmMtu);
    },
  );

  testUnless(missing, `${name}: the doctor knows`, async () => {
    const json = await as(vmconf(permissions, "doctor", "--json"));
    const found = JSON.parse(json.stdout);
    assertEquals(found.library?.kind ?? "none", library);
    assertEquals([found.ready, json.code], [isReady, isReady ? 0 : 1]);

    const text = await as(onTerminal(vmconf(permissions, "doctor")));
    assertMatch(text.stdout, /^machine\r?\n/);
    assertMatch(text.stdout, /\ndeno compile --allow-ffi=.*\r?\n$/);
    assertEquals(text.code, json.code);
  });

  testUnless(
    missing,
    `${name}: pure work needs no more than to read its file`,
    async () => {
      for (const [flag, mtu] of [["1500", 1500], ["result", 1312]] as const) {
        const { code, stdout, stderr } = await as(
          vmconf(read, ...CONVERT, `--mtu=${flag}`),
        );
        assertEquals([code, stderr], [0, ""]);
        assertEquals(JSON.parse(stdout).vmMtu, mtu);
      }
    },
  );
}
