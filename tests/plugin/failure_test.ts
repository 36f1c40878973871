/** The errors that a runtime is given. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type CniEnvironment,
  REQUIRED_CNI_VARIABLES,
} from "../../src/plugin/environment.ts";
import { runPlugin } from "../../src/plugin/plugin.ts";
import { hideLibnl, libnlPath } from "../integration/libraries.ts";
import { testUnless } from "../integration/sandbox.ts";
import {
  buildConfig,
  noPlugin,
  noPluginPermissions,
  PERMISSIONS,
  PREV_RESULT,
  runScript,
  runScriptJson,
  VETH,
} from "./scenario.ts";

const ADD: CniEnvironment = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "vm-1",
  CNI_NETNS: "/run/netns/a",
  CNI_IFNAME: "eth0",
};

function buildPrevResult(changes: object): string {
  return buildConfig({ prevResult: { ...PREV_RESULT, ...changes } });
}

/** What is changed in {@linkcode ADD}, and the code and message of the answer. */
const REFUSED: Record<string, [CniEnvironment, string, number, string]> = {
  "an unknown command": [
    { CNI_COMMAND: "UPDATE\n" },
    buildConfig(),
    4,
    'unknown CNI_COMMAND: "UPDATE\\n"',
  ],
  "a command that every object knows": [
    { CNI_COMMAND: "constructor" },
    buildConfig(),
    4,
    'unknown CNI_COMMAND: "constructor"',
  ],
  "no variables": [
    { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "" },
    buildConfig(),
    4,
    "CNI_CONTAINERID: expected a value, found nothing\nCNI_NETNS: expected a value, found nothing\nCNI_IFNAME: expected a value, found nothing",
  ],
  "an id that is a path": [
    { CNI_CONTAINERID: "../vm" },
    buildConfig(),
    4,
    'CNI_CONTAINERID: expected letters, digits and . _ -, the first a letter or digit, found "../vm"',
  ],
  "a device's name that is too long": [
    { CNI_IFNAME: "abcdefghijklmnop" },
    buildConfig(),
    4,
    'CNI_IFNAME: expected a device\'s name of 1 to 15 bytes without slash, colon and white space, such as "tap0", found "abcdefghijklmnop"',
  ],
  "an argument that is no pair": [
    { CNI_ARGS: "IgnoreUnknown" },
    buildConfig(),
    4,
    'CNI_ARGS: Invalid cni arguments format, "IgnoreUnknown"',
  ],
  "an owner that is no number": [
    { CNI_ARGS: "TC_REDIRECT_TAP_UID=root" },
    buildConfig(),
    4,
    'CNI_ARGS: TC_REDIRECT_TAP_UID: expected an integer from 0 to 4294967294, found "root"',
  ],
  "an owner that means nobody": [
    { CNI_ARGS: "TC_REDIRECT_TAP_GID=4294967295" },
    buildConfig(),
    4,
    'CNI_ARGS: TC_REDIRECT_TAP_GID: expected an integer from 0 to 4294967294, found "4294967295"',
  ],
  "no configuration": [
    {},
    "",
    6,
    "Cannot parse the JSON text: line 1, column 1: expected a value, found the end",
  ],
  "half a configuration": [
    {},
    '{"cniVersion":',
    6,
    "Cannot parse the JSON text: line 1, column 15: expected a value, found the end",
  ],
  "a configuration that is none": [
    {},
    "[]",
    7,
    "config: expected an object, found an array",
  ],
  "wrong members": [
    {},
    buildConfig({
      name: "",
      tapName: "a/b",
      tapUID: -1,
      tapGID: "0",
      "cni.dev/valid-attachments": [{ containerID: 1 }],
    }),
    7,
    `config.name: expected letters, digits and . _ -, such as "mynet", found ""
config.tapName: expected a device's name of 1 to 15 bytes without slash, colon and white space, such as "tap0", found "a/b"
config.tapUID: expected an integer from 0 to 4294967294, found -1
config.tapGID: expected an integer, found "0"
config.cni.dev/valid-attachments[0].containerID: expected a string, found 1
config.cni.dev/valid-attachments[0].ifname: expected a string, found nothing`,
  ],
  "a version before chains": [
    {},
    buildConfig({ cniVersion: "0.2.0" }),
    1,
    "incompatible CNI versions",
  ],
  "a version to come": [
    {},
    buildConfig({ cniVersion: "2.0.0" }),
    1,
    "incompatible CNI versions",
  ],
  "an operation that the version does not have": [
    { CNI_COMMAND: "CHECK" },
    buildConfig({ cniVersion: "0.3.1" }),
    1,
    "config version does not allow CHECK",
  ],
  "no previous result": [
    {},
    buildConfig({ prevResult: null }),
    7,
    "no previous result was found, was this plugin chained with a previous one?",
  ],
  "a previous result with a wrong address": [
    {},
    buildPrevResult({ ips: [{ address: "10.0.0.2" }] }),
    7,
    'config.prevResult.ips[0].address: expected an address with prefix length such as "10.0.0.2/24", found "10.0.0.2"',
  ],
};

for (const [what, [env, stdin, code, message]] of Object.entries(REFUSED)) {
  Deno.test(`the answer to ${what} is an error as in the specification`, () => {
    const outcome = runPlugin({ ...ADD, ...env }, stdin);
    const failure = JSON.parse(outcome.stdout);
    const answer = [outcome.code, failure.code, failure.msg];
    assertEquals(answer, [1, code, message]);
  });
}

Deno.test("an error has the version of the configuration, if that is known", () => {
  const versions = ["0.4.0", "1.0.0", "9.9.9", 7, undefined].map(
    (cniVersion) => {
      const { stdout } = runPlugin(
        { CNI_COMMAND: "ADD" },
        buildConfig({ cniVersion }),
      );
      return JSON.parse(stdout).cniVersion;
    },
  );
  assertEquals(versions, ["0.4.0", "1.0.0", "1.1.0", "1.1.0", "1.1.0"]);
});

Deno.test("VERSION lists the supported versions, whatever its input is", () => {
  const supportedVersions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];
  const cases = [['{"cniVersion":"0.4.0"}', "0.4.0"], ["", "1.1.0"]];
  for (const [stdin = "", cniVersion] of cases) {
    const { code, stdout } = runPlugin({ CNI_COMMAND: "VERSION" }, stdin);
    assertEquals([code, JSON.parse(stdout)], [0, {
      cniVersion,
      supportedVersions,
    }]);
  }
});

testUnless(
  noPlugin,
  "a missing namespace is an error of ADD and CHECK",
  async () => {
    for (const command of ["ADD", "CHECK"]) {
      const { code, stdout } = await runScript(
        `plugin ${command} '${buildConfig()}'`,
      );
      const failure = JSON.parse(stdout);
      assertEquals([code, failure.code, failure.msg], [
        1,
        4,
        'CNI_NETNS: failed to find netns at path "/run/netns/a": failed to Statfs "/run/netns/a": no such file or directory',
      ]);
    }
  },
);

const LIBNL = `--allow-ffi=${libnlPath}`;

testUnless(
  noPluginPermissions,
  "a variable without read permission is not treated as one that is not set",
  async () => {
    const permitted = REQUIRED_CNI_VARIABLES.filter((name) =>
      name !== "CNI_ARGS"
    );
    const { code, stdout } = await runScript(
      `CNI_ARGS=TC_REDIRECT_TAP_NAME=fc0 plugin ADD '${buildConfig()}'`,
      [LIBNL, `--allow-env=${permitted.join()}`],
    );
    assertEquals([code, JSON.parse(stdout)], [1, {
      cniVersion: "1.1.0",
      code: 4,
      msg: "CNI_ARGS: permission to read it was not granted",
      details: `Grant --allow-env=${REQUIRED_CNI_VARIABLES.join()}.`,
    }]);
  },
);

testUnless(
  noPluginPermissions,
  "without CNI_COMMAND, or without the permission to read it, it is a command for people",
  async () => {
    for (const permissions of [[LIBNL], PERMISSIONS]) {
      const unset = permissions === PERMISSIONS ? "unset CNI_COMMAND" : "";
      const { code, stdout, stderr } = await runScript(
        `export CNI_COMMAND=ADD; ${unset}\ntc-redirect-tap </dev/null`,
        permissions,
      );
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, "Missing command");
    }
  },
);

testUnless(
  noPluginPermissions,
  "STATUS reports what ADD would lack: permission, library, driver, privilege",
  async () => {
    const given = buildConfig({ cniVersion: "1.1.0" });
    const lacking: [string, string, readonly string[]][] = [
      [
        "permission to load libnl-route was not granted",
        "",
        PERMISSIONS.slice(1),
      ],
      [
        "libnl-route could not be loaded, and",
        hideLibnl,
        ["--allow-ffi", ...PERMISSIONS.slice(1)],
      ],
      [
        "cannot open /dev/net/tun in netns",
        "mount --bind /run /dev/net",
        PERMISSIONS,
      ],
      [
        "operation not permitted",
        'plugin() { printf %s "$2" | CNI_COMMAND=$1 setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin tc-redirect-tap; }',
        PERMISSIONS,
      ],
    ];
    for (const [message, script, permissions] of lacking) {
      const [failure] = await runScriptJson(
        `${VETH}${script}\nplugin STATUS '${given}' || true`,
        permissions,
      );
      assertEquals([failure.code, failure.cniVersion], [50, "1.1.0"]);
      assertStringIncludes(failure.msg, `not ready to add taps: `);
      assertStringIncludes(failure.msg, message);
      assertEquals(`${failure.details}`.includes("--mtu"), false);
    }
  },
);

testUnless(
  noPluginPermissions,
  "ADD without the right to make a tap leaves nothing",
  async () => {
    const [failure] = await runScriptJson(`${VETH}
      ip -n a -o link >/run/before
      printf '%s' '${buildConfig()}' | CNI_COMMAND=ADD \\
        setpriv --bounding-set=-net_admin --inh-caps=-net_admin tc-redirect-tap || true
      ip -n a -o link | diff /run/before - >&2
    `);
    assertEquals(failure.code, 100);
    assertStringIncludes(
      failure.msg,
      'failed to create tap device "tap%d": operation not permitted',
    );
  },
);
