/**
 * Makes `dist/vmconf`, the standalone binary: `deno task compile [TARGET]`.
 *
 * Bundles the program first, so that most starts load one file and no unused code.
 * `DENO_COMPILE` names another Deno to compile with. With `VMCONF_OFFLINE=1` the
 * binary has stand-ins for the packages from JSR, and is not for release.
 */
import { listCandidatesOn } from "../src/linux/candidates.ts";
import { CNI_VARIABLES } from "../src/plugin/environment.ts";
import { bundle, runDeno } from "./bundle.ts";

const [target] = Deno.args;
const arch = target?.split("-", 1)[0] ?? Deno.build.arch;
const libraries = listCandidatesOn(arch).map(({ path }) => path)
  .filter((path) => path.startsWith("/"));

/** What the binary may do: what its commands need. */
const PERMISSIONS = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  `--allow-ffi=${libraries}`,
  "--allow-run", // plugins, wherever they are
  `--allow-env=${["NETCONFPATH", "CNI_PATH", ...CNI_VARIABLES]}`,
];

const bundles = "dist/bundle";
await Deno.remove(bundles, { recursive: true }).catch(() => {});
await bundle("src/cli/main.ts", bundles, "vmconf", [
  "src/cli/commands/convert.ts",
  "src/formats/ip.ts",
]);
runDeno(Deno.env.get("DENO_COMPILE") || Deno.execPath(), [
  "compile",
  "--quiet",
  "--no-config",
  // Compiles all functions with their module, so that V8's cache has them at the
  // next start. By default it has only those that ran at once.
  "--v8-flags=--no-lazy",
  ...PERMISSIONS,
  ...target === undefined ? [] : ["--target", target],
  "--output",
  target === undefined ? "dist/vmconf" : `dist/vmconf-${target}`,
  `${bundles}/vmconf.js`,
]);
