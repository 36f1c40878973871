/** Which packages are used: those of deno.json, or the stand-ins in tests/offline. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import offline from "./offline/import_map.json" with { type: "json" };
import { repositoryPath, run } from "./child.ts";
import { type JsrPackage, serveJsr } from "./jsr_registry.ts";

/** Nobody listens there: what asks JSR fails at once, and nothing is sent. */
const NO_JSR = "http://127.0.0.1:1/";

/** Runs a script of `.ci` with a value of VMCONF_OFFLINE. */
function runScript(
  [script = "", ...args]: readonly string[],
  env: Record<string, string>,
) {
  const path = repositoryPath(`.ci/${script}`);
  return run([Deno.execPath(), "run", "-A", path, ...args], { env });
}

/** Finds the modules that the command imports from `@std/cli`. */
async function findStdModules(env: Record<string, string>): Promise<string[]> {
  const main = repositoryPath("src/cli/main.ts");
  const info = ["deno.ts", "info", "--json", "--no-lock", main];
  const { stdout } = await runScript(info, { JSR_URL: NO_JSR, ...env });
  const modules: {
    dependencies?: { specifier: string; code?: { specifier: string } }[];
  }[] = JSON.parse(stdout).modules;
  return modules.flatMap(({ dependencies = [] }) => dependencies)
    .filter(({ specifier }) => specifier.startsWith("@std/cli"))
    .map(({ code }) => code?.specifier ?? "");
}

Deno.test("only VMCONF_OFFLINE=1 chooses the stand-ins", async () => {
  const standIns = await findStdModules({ VMCONF_OFFLINE: "1" });
  assertEquals(standIns.length > 0, true);
  for (const module of standIns) assertMatch(module, /\/tests\/offline\//);
  for (const value of ["", "0", "true"]) {
    const genuine = await findStdModules({ VMCONF_OFFLINE: value });
    assertEquals(genuine.length, standIns.length);
    for (const module of genuine) assertMatch(module, /^jsr:\/@std\/cli@/);
  }
});

Deno.test("packages are chosen in one place", () => {
  assertEquals(/import.map/.test(JSON.stringify(config.tasks)), false);
});

Deno.test("with stand-ins, other packages have the versions of deno.json", () => {
  const versions = new Map<string, string>(Object.entries(config.imports));
  for (const [specifier, target] of Object.entries(offline.imports)) {
    if (specifier.startsWith("@std/")) continue;
    const [name = ""] = specifier.split("/");
    assertStringIncludes(target, versions.get(name) ?? "nothing");
  }
});

async function bundle(folder: string, env: Record<string, string>) {
  return await runScript(
    ["bundle.ts", "src/cli/main.ts", folder, "vmconf"],
    env,
  );
}

async function printVersion(folder: string): Promise<string> {
  const { stdout } = await run(
    [Deno.execPath(), "run", "--no-config", `${folder}/vmconf.js`, "--version"],
  );
  return stdout;
}

Deno.test("a bundle tells of stand-ins, and is not made of them by itself", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stderr } = await bundle(folder, { VMCONF_OFFLINE: "1" });
    assertEquals(code, 0, stderr);
    assertMatch(await printVersion(folder), /^vmconf \S+ \(with stand-ins /);

    const env = { VMCONF_OFFLINE: "", JSR_URL: NO_JSR };
    const withoutJsr = await bundle(folder, env);
    assertEquals(withoutJsr.code, 1);
    assertStringIncludes(withoutJsr.stderr, "'@std/cli' failed to load");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A package of the same name whose modules do what the stand-ins do. */
async function readPackage(): Promise<JsrPackage> {
  const { "@std/cli": specifier } = config.imports;
  const [, name = "", version = ""] = specifier.match(/^jsr:(.*)@(.*)$/) ?? [];
  const modules: Record<string, string> = {};
  for (const [target, path] of Object.entries(offline.imports)) {
    if (!target.startsWith(`${name}/`)) continue;
    const file = new URL(path, import.meta.resolve("./offline/"));
    modules[target.replace(name, ".")] = (await Deno.readTextFile(file))
      .replace(/^export const isStandIn.*$/m, "");
  }
  return { name, version, modules };
}

/** The lock file without packages from JSR: their hashes are of another registry. */
async function readNpmLock(): Promise<string> {
  const path = repositoryPath("deno.lock");
  const { jsr: _, ...lock } = JSON.parse(await Deno.readTextFile(path));
  const specifiers = Object.entries(lock.specifiers)
    .filter(([specifier]) => specifier.startsWith("npm:"));
  return JSON.stringify({
    ...lock,
    specifiers: Object.fromEntries(specifiers),
  });
}

Deno.test("a bundle is made of packages from JSR", async () => {
  const folder = await Deno.makeTempDir();
  await using registry = serveJsr(await readPackage());
  try {
    await Deno.writeTextFile(`${folder}/deno.lock`, await readNpmLock());
    const info = await run([Deno.execPath(), "info", "--json"]);
    // A copy, because Deno changes the lock file, with a cache of its own.
    const script = `
cd ${repositoryPath("")}
cp -r --parents .ci src mod.ts deno.json tests/offline ${folder}
mkdir ${folder}/cache
ln -s ${JSON.parse(info.stdout).npmCache} ${folder}/cache/npm
cd ${folder}
${Deno.execPath()} run -A .ci/bundle.ts src/cli/main.ts ${folder} vmconf`;
    const { code, stderr } = await run(["sh", "-ec", script], {
      env: {
        VMCONF_OFFLINE: "",
        JSR_URL: registry.url,
        DENO_DIR: `${folder}/cache`,
      },
    });
    assertEquals(code, 0, stderr);
    assertEquals(await printVersion(folder), `vmconf ${config.version}\n`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("stand-ins are not published", async () => {
  const { code, stdout, stderr } = await runScript(["publish.ts"], {
    VMCONF_OFFLINE: "1",
    JSR_URL: NO_JSR,
  });
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, "stand-ins are not published");
});
