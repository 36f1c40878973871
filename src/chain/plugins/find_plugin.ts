/** Finds the executables of plugins. */
import type { NetworkConfig, PluginConfig } from "../../cni/network.ts";
import { quote, VmConfError } from "../../errors.ts";
import {
  type Context,
  requirePermission,
  requireReadPermission,
} from "../context.ts";
import { describeSystemError, getErrnoName } from "../system.ts";

/** The first plugin folder that has it wins. */
export function findPlugin(context: Context, { type }: PluginConfig): string {
  const path = locatePlugin(context, type);
  requirePermission(
    { name: "run", command: path },
    `to run ${path}`,
    `--allow-run=${path}`,
  );
  return path;
}

/** Throws if a plugin of a network is missing, or one that these plugins run. */
export function requirePlugins(
  context: Context,
  network: NetworkConfig,
): void {
  for (const plugin of network.plugins) findPlugin(context, plugin);
  for (const { type } of listIpamPlugins(network)) locatePlugin(context, type);
}

/** The plugins that the plugins of a network run for addresses. */
export function listIpamPlugins({ plugins }: NetworkConfig): PluginConfig[] {
  return plugins.flatMap(({ ipam }) => {
    const { type } = Object(ipam);
    return typeof type === "string" && type !== "" ? [{ type }] : [];
  });
}

function locatePlugin({ binDirs, system }: Context, type: string): string {
  for (const folder of binDirs) {
    requireReadPermission(folder);
    const path = `${folder}/${type}`;
    try {
      const { isFile, mode } = system.stat(path);
      if (isFile && ((mode ?? 0) & 0o111) !== 0) return path;
    } catch (error) {
      const isAbsent = ["ENOENT", "ENOTDIR", "EACCES", "ELOOP"];
      if (isAbsent.includes(getErrnoName(error))) continue;
      throw new VmConfError(
        "no-plugin",
        `failed to find plugin ${quote(type)}: cannot examine ${quote(path)}: ${
          describeSystemError(error)
        }`,
        { cause: error },
      );
    }
  }
  throw new VmConfError(
    "no-plugin",
    `failed to find plugin ${quote(type)} in path [${binDirs.join(" ")}]`,
    {
      hint:
        "Install it (Debian, Ubuntu: apt install containernetworking-plugins; Fedora, RHEL: dnf install containernetworking-plugins), or name its folder with --bin-dir DIR (in code: options.binDirs).",
    },
  );
}
