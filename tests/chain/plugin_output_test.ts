/** What plugins print: results, errors, and other texts. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  addNetworks,
  checkNetworks,
  deleteNetworks,
  queryNetworkStatus,
} from "../../src/chain/chain.ts";
import { run } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { catchError } from "./catch_error.ts";
import {
  ADD,
  ALL,
  createNetwork,
  NETNS,
  noRecorder,
  type Recorder,
  VM,
} from "./recorder.ts";

/** Makes a plugin print a text and exit. */
function setOutput(
  made: Recorder,
  text: string,
  code = 0,
  command = "ADD",
): void {
  Deno.writeTextFileSync(`${made.folder}/output`, text);
  made.when("a", command, `cat "$here/output"; exit ${code}\n`);
}

// B11

/** Texts that are not a result, and what the error says. */
const NO_RESULT: readonly [output: string, said: string][] = [
  ['"abc"', '"\\"abc\\""'],
  ["5", '"5"'],
  ["5.0", '"5.0"'],
  ["1e3", '"1e3"'],
  ["12345678901234567890", '"12345678901234567890"'],
  ["true", '"true"'],
  ["null", '"null"'],
  ["[]", '"[]"'],
  ["", '""'],
  ["  \n", '""'],
  ["{", "expected"],
  ["{}{}", "expected"],
  ['{"cniVersion":"1.0.0"}{"cniVersion":"1.0.0"}', "expected"],
  ['done\n{"cniVersion":"1.0.0"}', "expected"],
  ['{"cniVersion":"9.9.9"}', '"9.9.9"'],
  ['{"cniVersion":5}', "cniVersion"],
  ['{"cniVersion":1.0}', "cniVersion"],
  ['{"cniVersion":{"toString":1}}', "cniVersion"],
  ['{"cniVersion":["1.0.0"]}', "cniVersion"],
  ['{"cniVersion":"1.0.0","ips":5}', "ips"],
  ['{"cniVersion":"1.0.0","ips":[{"address":{"toString":1}}]}', "address"],
  ['{"code":7,"msg":"no way"}', "no way"],
  ['{"cniVersion":"1.0.0","code":7,"msg":"no way"}', "no way"],
];

for (const [output, said] of NO_RESULT) {
  testUnless(
    noRecorder,
    `a plugin that succeeds and prints ${
      JSON.stringify(output)
    } has failed, and is undone`,
    async () => {
      await using made = createNetwork();
      setOutput(made, output);
      const { code, message, hint } = await catchError(
        addNetworks(ALL, made.options),
      );
      assertEquals(code, "plugin-failed");
      assertStringIncludes(message, 'plugin type="a" failed (add)');
      assertStringIncludes(message, said);
      assertStringIncludes(hint ?? "", "vmconf undid its changes.");
      assertEquals(made.order(), ["ADD a", "DEL a"]);
    },
  );
}

testUnless(
  noRecorder,
  "a result without a version has the version that was asked for",
  async () => {
    for (const version of ["", '"cniVersion":"",', '"cniVersion":null,']) {
      await using made = createNetwork();
      setOutput(made, `{${version}"ips":[{"address":"10.0.0.2/24"}]}`);
      await addNetworks(ALL, made.options);
      assertEquals(made.calls().at(-1)?.stdin.prevResult, {
        cniVersion: "1.0.0",
        ips: [{ address: "10.0.0.2/24" }],
      }, version);
    }
  },
);

for (
  const [asked, answered] of [
    ["1.0.0", "0.4.0"],
    ["1.0.0", "0.2.0"],
    ["1.0.0", "1.1.0"],
    ["0.4.0", "1.0.0"],
    ["0.3.1", "1.1.0"],
  ] as const
) {
  testUnless(
    noRecorder,
    `a result of ${answered} is converted to ${asked} for ADD, CHECK and DEL`,
    async () => {
      await using made = createNetwork({ cniVersion: asked });
      const result = answered === "0.2.0"
        ? { cniVersion: answered, ip4: { ip: "10.0.0.2/24" } }
        : {
          cniVersion: answered,
          interfaces: [{ name: "eth0", sandbox: NETNS }],
          ips: [{ version: "4", address: "10.0.0.2/24", interface: 0 }],
        };
      setOutput(made, JSON.stringify(result));
      made.when("b", "ADD", `cat "$here/output"; exit 0\n`);
      await addNetworks(ALL, made.options);
      if (asked !== "0.3.1") await checkNetworks(VM, made.options);
      await deleteNetworks(VM, made.options);
      for (const { stdin, env } of made.calls().slice(1)) {
        const { prevResult } = stdin;
        const hasNone = asked === "0.3.1" && env.CNI_COMMAND === "DEL";
        assertEquals(stdin.cniVersion, asked);
        assertEquals(
          Object(prevResult).cniVersion,
          hasNone ? undefined : asked,
        );
        const isOld = asked !== "1.0.0";
        if (!hasNone) {
          const [ip] = Object(prevResult).ips;
          assertEquals(ip.version, isOld ? "4" : undefined);
        }
      }
    },
  );

  testUnless(
    noRecorder,
    `what libcni recorded in ${answered} is checked and deleted in ${asked}`,
    async () => {
      await using made = createNetwork({ cniVersion: asked });
      await addNetworks(ALL, made.options);
      const path = `${made.folder}/cache/results/mynet-vm-1-eth0`;
      const record = JSON.parse(Deno.readTextFileSync(path));
      const result = answered === "0.2.0"
        ? { cniVersion: answered, ip4: { ip: "10.0.0.2/24" } }
        : { cniVersion: answered, ips: [{ address: "10.0.0.2/24" }] };
      if (answered === "0.4.0") Object(result).ips[0].version = "4";
      delete record.vmconf;
      Deno.writeTextFileSync(path, JSON.stringify({ ...record, result }));
      if (asked !== "0.3.1") await checkNetworks(VM, made.options);
      await deleteNetworks(VM, made.options);
      for (const { stdin } of made.calls().slice(2)) {
        assertEquals(stdin.cniVersion, asked);
        const { prevResult } = stdin;
        assertEquals(
          prevResult === undefined ? undefined : Object(prevResult).cniVersion,
          asked === "0.3.1" ? undefined : asked,
        );
      }
    },
  );
}

testUnless(
  noRecorder,
  "a recorded result that cannot be converted does not prevent deleting",
  async () => {
    await using made = createNetwork();
    await addNetworks(ALL, made.options);
    const path = `${made.folder}/cache/results/mynet-vm-1-eth0`;
    const record = JSON.parse(Deno.readTextFileSync(path));
    for (
      const result of [
        { cniVersion: "9.9.9" },
        { cniVersion: "0.4.0", ips: 5 },
        { cniVersion: "" },
      ]
    ) {
      Deno.writeTextFileSync(path, JSON.stringify({ ...record, result }));
      await deleteNetworks(VM, made.options);
      assertEquals(made.order().slice(-2), ["DEL b", "DEL a"]);
    }
  },
);

// D3, D4

function buildNested(levels: number): string {
  return `{"cniVersion":"1.0.0","x":${"[".repeat(levels)}${
    "]".repeat(levels)
  }}`;
}

testUnless(
  noRecorder,
  "a result with too many levels is refused, quoted in part, and undone",
  async () => {
    for (const levels of [9_990, 20_000, 400_000]) {
      await using made = createNetwork();
      setOutput(made, buildNested(levels));
      const { code, stderr } = await run(made.command(...ADD));
      if (code === 0) continue;
      assertEquals(code, 1);
      assertStringIncludes(stderr, 'plugin type="a" failed (add)');
      assert(stderr.length < 10_000, `${stderr.length} characters`);
      assertEquals(made.order(), ["ADD a", "DEL a"], `${levels}`);
    }
  },
);

testUnless(
  noRecorder,
  "the output of a plugin that prints a million braces is parsed quickly",
  async () => {
    const many = `{"a":[${"{},".repeat(300_000)}{}]}`;
    const outputs = [
      "{}".repeat(500_000),
      "{".repeat(1_000_000),
      '{"a":'.repeat(200_000),
      many,
    ];
    for (const output of outputs) {
      for (const code of [0, 1]) {
        await using made = createNetwork();
        setOutput(made, output, code);
        const start = performance.now();
        const added = addNetworks(ALL, made.options);
        const { message } = output === many && code === 0
          ? { message: String(await added) }
          : await catchError(added);
        const took = performance.now() - start;
        assert(took < 5_000, `${took} ms`);
        assert(message.length < 10_000, `${message.length} characters`);
      }
    }
  },
);

// D6

testUnless(
  noRecorder,
  "a plugin's error on standard output counts, whatever it logged",
  async () => {
    await using made = createNetwork();
    made.when(
      "a",
      "ADD",
      `echo 'starting up' >&2; echo '{"code":7,"msg":"no subnet","details":"in range 0"}'; exit 1\n`,
    );
    const { message, hint } = await catchError(addNetworks(ALL, made.options));
    assertEquals(
      message,
      'plugin type="a" failed (add): no subnet; in range 0',
    );
    assertStringIncludes(hint ?? "", "CNI error code 7");
  },
);

testUnless(
  noRecorder,
  "a plugin's error is found behind log lines on standard output",
  async () => {
    await using made = createNetwork();
    made.when(
      "a",
      "ADD",
      `echo 'level=info {"a":1}'; echo '{"code":7,"msg":"no {subnet}"}'; exit 1\n`,
    );
    const { message } = await catchError(addNetworks(ALL, made.options));
    assertEquals(message, 'plugin type="a" failed (add): no {subnet}');
  },
);

testUnless(
  noRecorder,
  "what a failed plugin prints that is no error is quoted, and cut",
  async () => {
    await using made = createNetwork();
    setOutput(made, `${"x".repeat(10_000)} the \x1b[2Jreason`, 1);
    const { message, hint } = await catchError(addNetworks(ALL, made.options));
    assertStringIncludes(message, 'x the \\x1b[2Jreason"');
    assertStringIncludes(message, "exit status 1");
    assertEquals(message.includes("\x1b"), false);
    assert(message.length < 3_000);
    assertEquals(hint, "vmconf undid its changes.");
  },
);

testUnless(
  noRecorder,
  "what a plugin that succeeded prints that is no result is quoted, and cut",
  async () => {
    await using made = createNetwork();
    setOutput(made, `${"x".repeat(10_000)} the \x1b[2Jreason`);
    const { message } = await catchError(addNetworks(ALL, made.options));
    assertStringIncludes(message, 'x the \\x1b[2Jreason"');
    assertEquals(message.includes("\x1b"), false);
    assert(message.length < 3_000);
  },
);

testUnless(
  noRecorder,
  "an error with members of the wrong type is still shown",
  async () => {
    const errors: readonly [output: string, said: string][] = [
      ['{"code":"7","msg":"no"}', "no"],
      ['{"code":7}', "failed (add): "],
      ['{"code":7,"msg":{"toString":1}}', "toString"],
      ['{"code":7,"msg":"no","details":{"why":"because"}}', "because"],
      ['{"code":{"valueOf":1},"msg":"no"}', "no"],
    ];
    for (const [output, said] of errors) {
      await using made = createNetwork();
      setOutput(made, output, 1);
      const { code, message } = await catchError(
        addNetworks(ALL, made.options),
      );
      assertEquals(code, "plugin-failed");
      assertStringIncludes(message, said);
    }
  },
);

// D5

const STRANGE = { toString: 1, valueOf: 1 };

for (
  const member of [
    "name",
    "cniVersion",
    "cniVersions",
    "disableCheck",
    "disableGC",
    "loadOnlyInlinedPlugins",
    "plugins",
  ]
) {
  testUnless(
    noRecorder,
    `a configuration whose ${member} is a strange object gives a VmConfError, and affects no other network`,
    async () => {
      for (const value of [STRANGE, [STRANGE], { toString: null }]) {
        await using made = createNetwork();
        const config = {
          cniVersion: "1.0.0",
          name: "strange",
          plugins: [{ type: "a" }],
          [member]: value,
        };
        const path = `${made.folder}/net.d/0.conflist`;
        Deno.writeTextFileSync(path, JSON.stringify(config));
        await queryNetworkStatus("mynet", made.options);
        const { code } = await catchError(
          queryNetworkStatus("strange", made.options),
        );
        assertEquals(
          code,
          member === "name" ? "no-network" : "invalid-network",
        );
      }
    },
  );
}

testUnless(
  noRecorder,
  "what a plugin answers to VERSION may be anything",
  async () => {
    const answers = [
      '{"supportedVersions":5}',
      '{"supportedVersions":[{"toString":1}]}',
      '{"supportedVersions":"1.0.0"}',
      "null",
      "[]",
      "{",
      '{"supportedVersions":null}',
    ];
    for (const answer of answers) {
      await using made = createNetwork({ cniVersions: ["0.4.0", "1.0.0"] });
      setOutput(made, answer, 0, "VERSION");
      const { code } = await catchError(addNetworks(ALL, made.options));
      assert(["plugin-failed", "unsupported-version"].includes(code), code);
      assertEquals(made.order(), []);
    }
  },
);
