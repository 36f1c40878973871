/** The pure entry points, bundled, outside Deno. */
import { assert, assertEquals } from "@std/assert";
import { denoRun, notInstalled, run } from "./child.ts";
import { MINIMAL } from "./formats/cases.ts";
import { testUnless } from "./integration/sandbox.ts";
import { withTempFolder } from "./temp_folder.ts";

const RESULT = {
  cniVersion: "1.0.0",
  interfaces: [{ name: "tap0", sandbox: "/run/netns/a" }],
  ips: [{ address: "FD00::2/64" }],
};

const EXPECTED = "fd00::2/64 ip=10.0.0.2::10.0.0.1:255.255.255.0:::off";

/** A script that uses both entry points, and prints what they gave. */
function script(show: string): string {
  return `import { parseResult } from "./cni.js";
import { loadFormat } from "./formats.js";
const { ips } = parseResult(${JSON.stringify(RESULT)});
const { files } = (await loadFormat("ip")).render([${JSON.stringify(MINIMAL)}]);
${show}(ips[0].address + " " + files[0].text.trim());
`;
}

/** In a process of its own: the bundler's threads outlive it. */
async function bundle(...args: string[]): Promise<void> {
  const { code, stderr } = await run(
    denoRun(["-A"], ".ci/bundle.ts", ...args),
  );
  assertEquals(code, 0, stderr);
}

async function withDoors(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (folder) => {
    await bundle("src/cni/result.ts", folder, "cni");
    await bundle("src/formats/mod.ts", folder, "formats");
    await test(folder);
  });
}

Deno.test("the pure entry points do not name Deno, nor do their packages", async () => {
  await withDoors(async (folder) => {
    for await (const { name } of Deno.readDir(folder)) {
      const code = await Deno.readTextFile(`${folder}/${name}`);
      assert(!/\bDeno\b/.test(code), name);
    }
  });
});

testUnless(
  await notInstalled("node"),
  "the pure entry points work in Node",
  async () => {
    await withDoors(async (folder) => {
      await Deno.writeTextFile(`${folder}/main.mjs`, script("console.log"));
      await Deno.writeTextFile(`${folder}/package.json`, '{"type":"module"}');
      const { stdout, stderr } = await run(["node", `${folder}/main.mjs`]);
      assertEquals([stdout, stderr], [`${EXPECTED}\n`, ""]);
    });
  },
);

/** Nothing but the page: no first run, no updates, no look-ups. */
const CHROMIUM = [
  "chromium",
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--allow-file-access-from-files",
];

testUnless(
  await notInstalled("chromium"),
  "the pure entry points work in a browser",
  async () => {
    await withDoors(async (folder) => {
      // The page is printed once it is loaded; it would not wait for a format
      // that is loaded afterwards.
      const modules = [...Deno.readDirSync(folder)]
        .map(({ name }) => `import "./${name}";`).join("");
      await Deno.writeTextFile(
        `${folder}/page.html`,
        `<body><script type="module">${modules}${
          script("((text) => document.body.append(text))")
        }</script>`,
      );
      const { stdout } = await run([
        ...CHROMIUM,
        `--user-data-dir=${folder}/profile`,
        "--virtual-time-budget=5000",
        "--dump-dom",
        `file://${folder}/page.html`,
      ]);
      assert(stdout.includes(`${EXPECTED}</body>`), stdout);
    });
  },
);
