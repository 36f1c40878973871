/**
 * The main job, on real things.
 *
 * As root on Debian, with the programs that it takes: the whole way, from a CNI
 * network to a Linux guest that answers. Elsewhere: a network namespace, a tap
 * of an uncommon MTU, and the genuine CNI result that points there.
 *
 * All of it is made in mount and network namespaces of its own, as root or by a
 * user namespace, and is gone at the end.
 */
import { denoRun, repositoryPath, vmconf } from "./child.ts";

const RESULT = repositoryPath("tests/vectors/real/ptp4.json");
const CONVERT = ["convert", RESULT, "--container-id", "vm-ptp4"];
const MTU = 1412;

const SETUP = `set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ip netns add real1
ip -n real1 tuntap add dev tap0 mode tap
ip -n real1 link set dev tap0 mtu ${MTU}`;

function runShell(script: string, ...args: string[]): Deno.CommandOutput {
  const unshare = ["--mount", "--net"];
  if (Deno.uid() !== 0) unshare.push("--map-root-user");
  return new Deno.Command("unshare", {
    args: [...unshare, "sh", "-c", script, "sh", ...args],
  }).outputSync();
}

/** Why no namespace can be made here, if none can. */
function refusal(): string | undefined {
  try {
    const { success, stderr } = runShell(SETUP);
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return String(error);
  }
}

/** Runs the command and shows the line, as a person would have typed it. */
function show(setup: string, extra: readonly string[]): boolean {
  const args = [...CONVERT, ...extra];
  const shown = args.map((arg) => arg.replace(repositoryPath(""), ""));
  console.log(`\n$ vmconf ${shown.join(" ")}`);
  const command = vmconf([`--allow-read=${RESULT}`, "--allow-ffi"], ...args);
  const { success, stdout, stderr } = runShellOr(setup, command);
  Deno.stdout.writeSync(stdout);
  Deno.stderr.writeSync(stderr);
  return success;
}

function runShellOr(
  setup: string,
  [program = "", ...args]: readonly string[],
): Deno.CommandOutput {
  return setup === ""
    ? new Deno.Command(program, { args }).outputSync()
    : runShell(`${setup}\nexec "$@"`, program, ...args);
}

/** Why no guest can be booted here, if so. */
async function noWay(): Promise<string | undefined> {
  const { noPlugins } = await import("./chain/place.ts");
  const { noLibnl } = await import("./integration/libraries.ts");
  const { build } = await import("./guest/builds.ts");
  return noPlugins ?? noLibnl ?? await build("debian");
}

async function showWholeWay(): Promise<boolean> {
  console.log(
    "The whole way, in a network namespace of its own: Debian's ptp plugin and our\nown tc-redirect-tap, vmconf, and a Linux guest in QEMU.\n",
  );
  const { inSandbox } = await import("./integration/sandbox.ts");
  const { code } = await inSandbox(
    "",
    denoRun(["-A"], "tests/guest/whole_way.ts"),
    {
      stdin: JSON.stringify({ main: { type: "ptp" }, vms: ["vm-1"] }),
      stderr: "inherit",
    },
  );
  return code === 0;
}

function showTap(): boolean {
  const reason = refusal();
  console.log(
    reason === undefined
      ? `Made a network namespace with the tap device tap0, MTU ${MTU}.
The CNI result is a genuine one, of Debian's ptp plugin and tc-redirect-tap.`
      : `No network namespace can be made here, so the MTU is given by hand:
  ${reason}
As root, or where users may make namespaces, the kernel would be asked. Needed:
  apt-get install iproute2 util-linux`,
  );
  const [setup, mtu] = reason === undefined
    ? [SETUP, []]
    : ["", ["--mtu", String(MTU)]];
  const done = [[], ["--format", "ip", "--if-name", "eth0"]]
    .every((format) => show(setup, [...mtu, ...format]));
  if (done && reason === undefined) {
    console.log(`\nThe MTU is the kernel's answer. All that was made is gone.`);
  }
  return done;
}

const reason = await noWay();
if (reason !== undefined) console.log(`Without a guest: ${reason}.\n`);
const done = reason === undefined ? await showWholeWay() : showTap();
Deno.exit(done ? 0 : 1);
