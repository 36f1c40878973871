/**
 * Runs Deno with the right packages: `deno run -A .ci/deno.ts test -A`.
 *
 * This is the only place that chooses them. They are those of deno.json; with
 * VMCONF_OFFLINE=1, the stand-ins in tests/offline replace those from JSR.
 */

/** Whether stand-ins replace the packages from JSR. */
export const isOffline = Deno.env.get("VMCONF_OFFLINE") === "1";

/** The command line of Deno for one of its subcommands that load modules. */
export function denoCommand(
  subcommand = "",
  ...args: readonly string[]
): [program: string, ...args: string[]] {
  const importMap = import.meta.resolve("../tests/offline/import_map.json");
  const packages = isOffline ? [`--import-map=${importMap}`] : [];
  return [Deno.execPath(), subcommand, ...packages, ...args];
}

if (import.meta.main) {
  const [program, ...args] = denoCommand(...Deno.args);
  const child = new Deno.Command(program, { args }).spawn();
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  Deno.exit((await child.status).code);
}
