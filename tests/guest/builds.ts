/** What guests boot from, as `build.sh` makes it. */
import { repositoryPath, run } from "../child.ts";
import { isRoot, noSandbox } from "../integration/sandbox.ts";

/** A script in `build/`, and the folder that it fills. */
export type Build = "debian" | "kernel" | "systemd";

const CACHE = Deno.env.get("VMCONF_GUEST") || "/var/cache/vmconf-guest";

/** The path of something that was made. */
export function builtFile(name: Build, file: string): string {
  return `${CACHE}/${name}/${file}`;
}

/** Makes what guests boot from; why there can be no guests here, if so. */
export async function build(...names: Build[]): Promise<string | undefined> {
  if (!isRoot) return "only root can make what guests boot from";
  if (noSandbox !== undefined) return noSandbox;
  try {
    await run(["qemu-system-x86_64", "--version"]);
    const script = repositoryPath("tests/guest/build.sh");
    const { code, stderr } = await run([script, ...names]);
    return code === 0 ? undefined : stderr.trim();
  } catch (error) {
    return String(error);
  }
}
