/**
 * Tries `deno publish` where JSR cannot be reached: on a copy in which the
 * stand-ins of the tests take the place of its packages. Types, slow types and
 * the list of files are as they would be.
 */
import config from "../deno.json" with { type: "json" };
import offline from "../tests/offline/import_map.json" with { type: "json" };

const PUBLISHED = /^(?:mod\.ts|deno\.json|README\.md|LICENSE|src\/[\w/]+\.ts)$/;
const STAND_INS = "src/stand_ins";

/** Runs a program, and gives what it told on standard error. */
function run(program: string, ...args: string[]): string {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  const told = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${program} ${args.join(" ")}\n${told}`);
  return told;
}

/** The packages from npm, and the stand-ins of those from JSR. */
function importsOffline(): Record<string, string> {
  const fromNpm = Object.entries(config.imports)
    .filter(([, target]) => target.startsWith("npm:"));
  const standIns = Object.entries(offline.imports)
    .filter(([name]) => name.startsWith("@std/"))
    .map(([name, path]) => [name, path.replace(/^\./, `./${STAND_INS}`)]);
  return Object.fromEntries([...fromNpm, ...standIns]);
}

const folder = await Deno.makeTempDir();
try {
  run("git", "checkout-index", "--all", `--prefix=${folder}/`);
  run("cp", "-r", `${folder}/tests/offline`, `${folder}/${STAND_INS}`);
  await Deno.remove(`${folder}/${STAND_INS}/import_map.json`);
  const settings = { ...config, imports: importsOffline() };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(settings));
  await Deno.remove(`${folder}/deno.lock`);
  Deno.chdir(folder);
  const told = run(Deno.execPath(), "publish", "--dry-run", "--allow-dirty");
  const files = [...told.matchAll(/^ +(file:\S+) \(/gm)]
    .map(([, url = ""]) => new URL(url).pathname.slice(folder.length + 1));
  const strays = files.filter((file) => !PUBLISHED.test(file));
  if (strays.length > 0 || !files.includes("mod.ts")) {
    throw new Error(`would publish ${strays.join(", ") || "nothing"}`);
  }
  console.log(`would publish ${files.length} files, stand-ins included`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
