/** `vmconf status` says "ready" only if `add` can succeed. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Outcome, run } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import {
  createNetwork,
  failWith,
  noRecorder,
  type Recorder,
} from "./recorder.ts";

function runStatus(made: Recorder, ...args: string[]): Promise<Outcome> {
  return run(made.command("status", ...args));
}

const WITH_IPAM = [{ type: "a", ipam: { type: "ipam" } }];

/** Makes a plugin report some versions. */
function speak(made: Recorder, plugin: string, ...versions: string[]): void {
  const answer = JSON.stringify({ supportedVersions: versions });
  made.when(plugin, "VERSION", `echo '${answer}'; exit 0\n`);
}

interface Unready {
  readonly config?: object;
  readonly spoil?: (made: Recorder) => void;
  readonly said: string;
}

const UNREADY: Readonly<Record<string, Unready>> = {
  "a plugin is missing": {
    spoil: ({ folder }) => Deno.removeSync(`${folder}/bin/b`),
    said: 'failed to find plugin "b"',
  },
  "the IPAM plugin is missing": {
    config: { plugins: WITH_IPAM },
    said: 'failed to find plugin "ipam"',
  },
  "the IPAM plugin speaks other versions": {
    config: { plugins: WITH_IPAM, cniVersions: ["0.4.0"] },
    spoil: (made) => {
      Deno.copyFileSync(`${made.folder}/bin/a`, `${made.folder}/bin/ipam`);
      speak(made, "ipam", "0.4.0");
    },
    said: 'plugin "ipam" speaks 0.4.0',
  },
  "the only version is spoken by no plugin": {
    config: { cniVersion: "0.2.0" },
    said: 'plugin "a" speaks 0.3.1, 0.4.0, 1.0.0, 1.1.0',
  },
  "the only version is not spoken by one plugin": {
    spoil: (made) => speak(made, "b", "0.4.0"),
    said: 'plugin "b" speaks 0.4.0',
  },
  "no version is spoken by all": {
    config: { cniVersions: ["0.4.0"] },
    spoil: (made) => {
      speak(made, "a", "0.4.0");
      speak(made, "b", "1.0.0");
    },
    said: 'plugin "b" speaks 1.0.0',
  },
  "no version is configured": {
    config: { cniVersion: undefined },
    said: 'found "0.1.0"',
  },
  "the version is not known": {
    config: { cniVersion: "9.9.9" },
    said: 'found "9.9.9"',
  },
  "a plugin does not tell its versions": {
    spoil: (made) => made.when("a", "VERSION", "echo {; exit 0\n"),
    said: "expected supportedVersions",
  },
  "a plugin says that it is not": {
    config: { cniVersion: "1.1.0" },
    spoil: (made) => made.when("b", "STATUS", failWith(50, "no daemon")),
    said: 'plugin type="b" failed (status): no daemon',
  },
};

for (const [why, { config, spoil, said }] of Object.entries(UNREADY)) {
  testUnless(
    noRecorder,
    `a network is not ready if ${why}, but others are`,
    async () => {
      await using made = createNetwork(config);
      made.network({
        cniVersion: "1.0.0",
        name: "other",
        plugins: [{ type: "c" }],
      });
      spoil?.(made);
      const all = await runStatus(made);
      assertEquals([all.code, all.stdout], [1, "other ready, CNI 1.0.0: c\n"]);
      assertStringIncludes(all.stderr, 'network "mynet": ');
      assertStringIncludes(all.stderr, said);
      const one = await runStatus(made, "mynet");
      assertEquals([one.code, one.stdout], [1, ""]);
      const json = await runStatus(made, "--json");
      assertEquals(json.code, 1);
      assertEquals(JSON.parse(json.stdout), [
        { network: "other", cniVersion: "1.0.0", plugins: ["c"] },
      ]);
      const { error } = JSON.parse(json.stderr);
      assertStringIncludes(error.message, said);
    },
  );
}

testUnless(
  noRecorder,
  "a network is ready if the IPAM plugin speaks its version",
  async () => {
    await using made = createNetwork({ plugins: WITH_IPAM });
    Deno.copyFileSync(`${made.folder}/bin/a`, `${made.folder}/bin/ipam`);
    const { code, stdout } = await runStatus(made);
    assertEquals([code, stdout], [0, "mynet ready, CNI 1.0.0: a\n"]);
  },
);

testUnless(
  noRecorder,
  "nothing is ready if no network is configured",
  async () => {
    const spoiled: readonly ((folder: string) => void)[] = [
      (folder) => Deno.removeSync(`${folder}/net.d/mynet.conflist`),
      (folder) => Deno.removeSync(`${folder}/net.d`, { recursive: true }),
      (folder) => Deno.writeTextFileSync(`${folder}/net.d/mynet.conflist`, "{"),
      (folder) =>
        Deno.renameSync(
          `${folder}/net.d/mynet.conflist`,
          `${folder}/net.d/mynet.txt`,
        ),
    ];
    for (const spoil of spoiled) {
      await using made = createNetwork();
      spoil(made.folder);
      const { code, stdout, stderr } = await runStatus(made);
      assertEquals([code, stdout], [1, ""]);
      assertStringIncludes(
        stderr,
        `expected at least one network configuration in ${made.folder}/net.d`,
      );
    }
  },
);

testUnless(
  noRecorder,
  "a network that is not configured is not ready",
  async () => {
    await using made = createNetwork();
    const { code, stdout, stderr } = await runStatus(made, "mynet", "typo");
    assertEquals([code, stdout], [1, "mynet ready, CNI 1.0.0: a, b\n"]);
    assertStringIncludes(stderr, 'name "typo"');
  },
);
