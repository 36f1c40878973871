/** Text from others cannot control the terminal. */
import { assert, assertEquals } from "@std/assert";
import { run, vmconf } from "../child.ts";
import { withTempFolder } from "../temp_folder.ts";

/** C0, DEL, C1, bidirectional controls, line separators, tags. */
const HOSTILE =
  "a\x1b[2J\x07\x7f\x80\x9b2J\x9f\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\u{e0001}z";
/** In arguments too. */
const IN_ARGUMENT = HOSTILE.replaceAll("/", "");

const RESULT = JSON.stringify({
  cniVersion: "1.0.0",
  interfaces: [
    { name: HOSTILE, sandbox: `/run/${HOSTILE}` },
    { name: HOSTILE, sandbox: HOSTILE, mac: "02:00:00:00:00:01" },
  ],
  ips: [{ interface: 1, address: "10.0.0.2/24" }],
  dns: {
    nameservers: ["10.0.0.53", HOSTILE],
    domain: HOSTILE,
    search: [HOSTILE],
    options: [HOSTILE],
  },
});
/** A result that converts: only the paths are hostile. */
const NAMED = {
  cniVersion: "1.0.0",
  interfaces: [
    { name: "tap0", sandbox: `/run/${HOSTILE}` },
    { name: "tap0", sandbox: HOSTILE },
  ],
  ips: [{ interface: 1, address: "10.0.0.2/24" }],
};
const CONVERT = ["convert", `--container-id=${IN_ARGUMENT}`, "--mtu=1500"];

/** Command lines, and their standard input. */
const CASES: readonly (readonly [args: readonly string[], stdin: string])[] = [
  [CONVERT, RESULT],
  [[...CONVERT, `--if-name=${IN_ARGUMENT}`], RESULT],
  [[...CONVERT, "--format=ip"], RESULT],
  [[...CONVERT, "--format=resolv.conf"], RESULT],
  [[...CONVERT, "--format=jailer"], JSON.stringify(NAMED)],
  [[...CONVERT, `--format=${IN_ARGUMENT}`], RESULT],
  [[...CONVERT, `--output=/proc/nowhere/${IN_ARGUMENT}`], RESULT],
  [[...CONVERT, `${IN_ARGUMENT}.json`], ""],
  [CONVERT, HOSTILE],
  [["convert", "--container-id=x", "--mtu=1500"], RESULT],
  [["inspect"], RESULT],
  [["inspect", `--container-id=${IN_ARGUMENT}`], RESULT],
  [["inspect", "--format=svg"], RESULT],
  [["inspect", "--format=mermaid"], RESULT],
  [["inspect"], HOSTILE],
  [
    ["batch", "--mtu=1500"],
    [
      {
        id: { [HOSTILE]: HOSTILE },
        containerID: HOSTILE,
        result: JSON.parse(RESULT),
      },
      { id: HOSTILE, containerID: HOSTILE },
      HOSTILE,
    ].map((line) => JSON.stringify(line)).join("\n"),
  ],
  [
    ["batch", "--mtu=1500", "--format=ip"],
    JSON.stringify({ containerID: HOSTILE, result: JSON.parse(RESULT) }),
  ],
  [["explain"], `ip=${HOSTILE}:::${HOSTILE}::${HOSTILE} x=${HOSTILE}`],
  [["explain"], HOSTILE],
  [["mtu", IN_ARGUMENT, IN_ARGUMENT], ""],
  [["schema", IN_ARGUMENT], ""],
  [["completions", IN_ARGUMENT], ""],
  [["doctor", `--kernel-config=${IN_ARGUMENT}`], ""],
  [["doctor", `--${IN_ARGUMENT}`], ""],
  [["formats", IN_ARGUMENT], ""],
  [["del", `--id=${IN_ARGUMENT}`], ""],
  [[IN_ARGUMENT], ""],
];

/** vmconf itself prints line breaks. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} \n]/u;

for (const json of [false, true]) {
  Deno.test(`hostile text is always escaped, with${json ? "" : "out"} --json`, async () => {
    await Promise.all(CASES.map(async ([args, stdin]) => {
      const all = [...args, ...json ? ["--json"] : []];
      const permissions = ["--allow-read=/proc", "--allow-write=/proc"];
      const outcome = await run(vmconf(permissions, ...all), { stdin });
      for (const text of [outcome.stdout, outcome.stderr]) {
        const [found] = UNPRINTABLE.exec(text) ?? [];
        assertEquals(found, undefined, `${all.join(" ")}: ${text}`);
      }
      assert(outcome.stdout + outcome.stderr !== "", all.join(" "));
      if (json) {
        for (const line of outcome.stderr.split("\n")) {
          if (line.startsWith("{")) JSON.parse(line);
        }
      }
    }));
  });
}

Deno.test("printed JSON parses to the original texts, even invisible ones", async () => {
  const { stdout } = await run(vmconf([], ...CONVERT), { stdin: RESULT });
  const conf = JSON.parse(stdout);
  assertEquals([conf.tapName, conf.vmDomain], [HOSTILE, HOSTILE]);
  const { stdout: lines } = await run(vmconf([], "batch", "--mtu=1500"), {
    stdin: JSON.stringify({ containerID: HOSTILE, result: JSON.parse(RESULT) }),
  });
  assertEquals(JSON.parse(lines).conf, conf);
});

Deno.test("a plugin's answer to a runtime is escaped", async () => {
  const [program = "", ...args] = vmconf(["--allow-env"]);
  const { stdout } = await run([program, ...args], {
    env: {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "x",
      CNI_NETNS: "/n",
      CNI_IFNAME: "e",
    },
    stdin: JSON.stringify({ cniVersion: HOSTILE, name: "n", type: "t" }),
  });
  assertEquals(UNPRINTABLE.exec(stdout)?.[0], undefined);
  assert(JSON.parse(stdout).details.includes(HOSTILE.slice(-6)), stdout);
});

async function inTempFolder(
  test: (folder: string, convert: typeof run) => Promise<void>,
): Promise<void> {
  await withTempFolder((folder) => {
    const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    return test(
      folder,
      (args, options) => run(vmconf(permissions, ...CONVERT, ...args), options),
    );
  });
}

Deno.test("a JSON file is escaped like printed JSON", async () => {
  await inTempFolder(async (folder, convert) => {
    await convert([`--output=${folder}`], { stdin: RESULT });
    const text = await Deno.readTextFile(`${folder}/vmconf.json`);
    assertEquals(UNPRINTABLE.exec(text)?.[0], undefined);
    assertEquals(JSON.parse(text).tapName, HOSTILE);
  });
});

Deno.test("warnings about losses are escaped for the terminal", async () => {
  await inTempFolder(async (folder, convert) => {
    const file = `${folder}/second.json`;
    const second = JSON.stringify(NAMED).replaceAll("tap0", "tap1");
    await Deno.writeTextFile(file, second);
    const args = ["-", file, "--format=ip"];
    const stdin = JSON.stringify(NAMED);
    const text = await convert(args, { stdin });
    const json = await convert([...args, "--json"], { stdin });
    for (const { code, stderr } of [text, json]) {
      assertEquals([code, UNPRINTABLE.exec(stderr)?.[0]], [0, undefined]);
    }
    const { lost } = JSON.parse(json.stderr);
    assertEquals(lost.at(-1).value.netNSPath, `/run/${HOSTILE}`);
  });
});
