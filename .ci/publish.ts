/**
 * Publishes what git's index holds: `deno task publish [--dry-run]`.
 *
 * Stand-ins are never published: with VMCONF_OFFLINE=1 there is only the dry run,
 * on a copy that contains them. It checks types, slow types and the list of files.
 */
import config from "../deno.json" with { type: "json" };
import offline from "../tests/offline/import_map.json" with { type: "json" };
import { isOffline } from "./deno.ts";

const PUBLISHED =
  /^(?:mod\.ts|deno\.json|README\.md|LICENSE|src\/[\w/]+(?:\.ts|\/README\.md))$/;
const STAND_INS = "src/stand_ins";

/** Runs a program and returns its standard error. */
function run(program: string, ...args: string[]): string {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  const errors = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${program} ${args.join(" ")}\n${errors}`);
  return errors;
}

/** Puts the stand-ins in the place of the packages from JSR. */
async function replacePackages(folder: string): Promise<void> {
  run("cp", "-r", `${folder}/tests/offline`, `${folder}/${STAND_INS}`);
  await Deno.remove(`${folder}/${STAND_INS}/import_map.json`);
  const standIns = Object.entries(offline.imports)
    .filter(([name]) => name.startsWith("@std/"))
    .map(([name, path]) => [name, path.replace(/^\./, `./${STAND_INS}`)]);
  const imports = { ...config.imports, ...Object.fromEntries(standIns) };
  const settings = JSON.stringify({ ...config, imports });
  await Deno.writeTextFile(`${folder}/deno.json`, settings);
}

/** Finds out which files would be published. */
function tryPublishing(folder: string): string[] {
  const report = run(Deno.execPath(), "publish", "--dry-run", "--allow-dirty");
  return [...report.matchAll(/^ +(file:\S+) \(/gm)]
    .map(([, url = ""]) => new URL(url).pathname.slice(folder.length + 1));
}

const isDryRun = Deno.args.includes("--dry-run");
if (isOffline && !isDryRun) {
  console.error("error: VMCONF_OFFLINE=1 is set: stand-ins are not published");
  Deno.exit(1);
}
const folder = await Deno.makeTempDir();
try {
  run("git", "checkout-index", "--all", `--prefix=${folder}/`);
  if (isOffline) await replacePackages(folder);
  Deno.chdir(folder);
  const files = tryPublishing(folder);
  const strays = files.filter((file) => !PUBLISHED.test(file));
  if (strays.length > 0 || !files.includes("mod.ts")) {
    throw new Error(`would publish ${strays.join(", ") || "nothing"}`);
  }
  const packages = isOffline ? "stand-ins included" : "with genuine packages";
  console.log(`would publish ${files.length} files, ${packages}`);
  if (!isDryRun) {
    const args = ["publish", "--allow-dirty", ...Deno.args];
    const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn()
      .status;
    if (code !== 0) throw new Error("deno publish failed");
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
