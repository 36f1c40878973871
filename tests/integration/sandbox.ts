/**
 * A place of its own for tests that need devices and namespaces: mount and
 * network namespaces with an empty `/run`, all gone when the command has ended.
 */
import { type Outcome, run, type RunOptions } from "../child.ts";

/** Root needs no user namespace, and so meets the kernel as users' root does. */
export const isRoot = Deno.uid() === 0;

/**
 * Copies of the machine's namespaces would stay below the new `/run`, and go
 * when the machine removes them. `ip netns` mounts each of them twice: in its
 * folder, and in the mount that it makes of the folder.
 */
const FORGET_NAMESPACES = `while umount -lR /run/netns 2>/dev/null; do :; done
for netns in /run/netns/*; do umount -l "$netns" 2>/dev/null || :; done`;

/**
 * The command line that runs a shell script, and then a command, in a sandbox.
 *
 * Mounts are private there: many systems share theirs, and a namespace that
 * somebody mounts on the machine would appear in the sandbox, or the other way.
 */
export function sandboxed(
  setup: string,
  command: readonly string[],
): string[] {
  const script = `set -e
${FORGET_NAMESPACES}
mount -t tmpfs tmpfs /run
ip link set lo up
${setup}
exec "$@"`;
  const unshare = ["unshare", "--mount", "--propagation=private", "--net"];
  if (!isRoot) unshare.push("--map-root-user");
  return [...unshare, "sh", "-c", script, "sh", ...command];
}

/** Runs a shell script, and then a command, in a sandbox. */
export function inSandbox(
  setup: string,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return run(sandboxed(setup, command), options);
}

/** Why sandboxes cannot be made here, if they cannot. */
async function refusal(): Promise<string | undefined> {
  const setup = `ip netns add a
ip -n a tuntap add dev tap0 mode tap`;
  try {
    const { code, stderr } = await inSandbox(setup, ["true"]);
    return code === 0 ? undefined : stderr.trim();
  } catch (error) {
    return String(error);
  }
}

/** Why sandboxes cannot be made here; `undefined` where they can. */
export const noSandbox: string | undefined = await refusal();

/** A test that is skipped, visibly, for a reason. */
export function testUnless(
  reason: string | undefined,
  name: string,
  fn: () => void | Promise<void>,
): void {
  Deno.test({
    name: reason === undefined ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== undefined,
    fn,
  });
}
