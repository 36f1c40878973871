/**
 * Makes `dist/vmconf`, the standalone binary: `deno task compile [TARGET]`.
 *
 * The program is bundled first: what most starts need is one file, and what it
 * does not use is shaken off. `DENO_COMPILE` names another Deno than this one, to
 * compile with.
 */
import { listCandidatesOn } from "../src/linux/candidates.ts";
import { CNI_VARIABLES } from "../src/plugin/environment.ts";
import { bundle, deno } from "./bundle.ts";

const [target] = Deno.args;
const arch = target?.split("-", 1)[0] ?? Deno.build.arch;
const libraries = listCandidatesOn(arch).map(({ path }) => path)
  .filter((path) => path.startsWith("/"));

/** What the binary may do: no more than the commands ask for. */
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
deno(Deno.env.get("DENO_COMPILE") || Deno.execPath(), [
  "compile",
  "--quiet",
  "--no-config",
  // Functions are compiled with their module, so that all of them are in the
  // cache that V8 reads at the next start, and not those alone that ran at once.
  "--v8-flags=--no-lazy",
  ...PERMISSIONS,
  ...target === undefined ? [] : ["--target", target],
  "--output",
  target === undefined ? "dist/vmconf" : `dist/vmconf-${target}`,
  `${bundles}/vmconf.js`,
]);
