/** The plugin in the namespace that it is given, as if it were the host's. */
import { assertEquals } from "@std/assert";
import { REQUIRED_CNI_VARIABLES } from "../../src/plugin/environment.ts";
import { libnlPath } from "../integration/libraries.ts";
import { testUnless } from "../integration/sandbox.ts";
import {
  buildConfig,
  expectFailure,
  noPlugin,
  noPluginPermissions,
  runScript,
  runScriptJson,
  VETH,
} from "./scenario.ts";

/** `inside COMMAND CONFIG`: runs the plugin inside namespace a. */
const INSIDE = `${VETH}
inside() {
  printf '%s' "$2" |
    CNI_COMMAND=$1 nsenter --net=/run/netns/a tc-redirect-tap
}
listing() { ip -n a -o link; tc -n a qdisc; tc -n a filter show dev eth0 ingress; }
`;

const MESSAGE =
  "plugin's netns and netns from CNI_NETNS should not be the same";

/** Paths of namespace a, seen from inside. */
const PATHS: Readonly<Record<string, string>> = {
  "its name": "/run/netns/a",
  "a link to it": "/run/link",
  "another mount of it": "/run/mount",
  "the process's own file": "/proc/self/ns/net",
};

for (const [what, path] of Object.entries(PATHS)) {
  for (const command of ["ADD", "DEL"]) {
    testUnless(
      noPlugin,
      `${command} refuses the plugin's own namespace by ${what}, and changes nothing`,
      async () => {
        const before = command === "DEL"
          ? `plugin ADD '${buildConfig()}'`
          : ":";
        const { stdout, stderr } = await runScript(`${INSIDE}
          ln -s /run/netns/a /run/link
          touch /run/mount
          mount --bind /run/netns/a /run/mount
          ${before} >/dev/null
          listing >/run/before
          export CNI_NETNS=${path}
          ${expectFailure(`inside ${command} '${buildConfig()}' >/run/failure`)}
          listing | diff /run/before -
          jq -r .code,.msg,.details /run/failure
        `);
        const details = `"${path}" is the network namespace that the plugin ` +
          "runs in. To use it nevertheless, set CNI_NETNS_OVERRIDE=1.";
        assertEquals(
          [stdout, stderr],
          [`1\n8\n${MESSAGE}\n${details}\n`, ""],
        );
      },
    );
  }
}

testUnless(
  noPlugin,
  "the host's eth0 is never redirected, although it has the same name",
  async () => {
    const { stdout, stderr } = await runScript(`
      ip link add eth0 type veth peer name v0
      listing() { ip -o link; tc qdisc; }
      listing >/run/before
      export CNI_NETNS=/proc/$$/ns/net
      plugin ADD '${buildConfig()}' | jq .code
      plugin DEL '${buildConfig()}' | jq .code
      listing | diff /run/before -
    `);
    assertEquals([stdout, stderr], ["8\n8\n", ""]);
  },
);

const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  allows: ["1", "TRUE", "true", "True"],
  refuses: ["", "0", "false", "yes", "2", " 1", "11", "TRUE\n"],
};

for (const [answer, values] of Object.entries(ANSWERS)) {
  testUnless(
    noPlugin,
    `CNI_NETNS_OVERRIDE ${answer} the plugin's own namespace if it is one of ${
      JSON.stringify(values)
    }`,
    async () => {
      const scripts = values.map((value) => `
        export CNI_NETNS_OVERRIDE='${value}'
        ${expectFailure(`inside ADD '${buildConfig()}' >/run/answer`)}
        jq '.code // .interfaces[-1].name' /run/answer
        ${expectFailure(`inside DEL '${buildConfig()}' >/run/answer`)}
        jq .code /run/answer
        listing | diff /run/before -
      `);
      const answers = await runScriptJson(
        `${INSIDE} listing >/run/before\n${scripts.join("\n")}`,
      );
      const each = answer === "allows" ? [0, "tap0", 0] : [1, 8, 1, 8];
      assertEquals(answers, values.flatMap(() => each));
    },
  );
}

testUnless(
  noPluginPermissions,
  "CNI_NETNS_OVERRIDE is treated as not set without permission to read it",
  async () => {
    const answers = await runScriptJson(
      `${INSIDE}
      export CNI_NETNS_OVERRIDE=1
      plugin ADD '${buildConfig()}' | jq .interfaces[-1].name
      plugin DEL '${buildConfig()}'
      ${expectFailure(`inside ADD '${buildConfig()}'`)}`,
      [
        `--allow-ffi=${libnlPath}`,
        `--allow-env=${REQUIRED_CNI_VARIABLES.join()}`,
      ],
    );
    const [tap, { code }, status] = answers;
    assertEquals([tap, code, status], ["tap0", 8, 1]);
  },
);

testUnless(
  noPlugin,
  "CHECK also examines the plugin's own namespace, because it changes nothing",
  async () => {
    const { code, stdout, stderr } = await runScript(`${INSIDE}
      plugin ADD '${buildConfig()}' >/run/result
      listing >/run/before
      inside CHECK "$(echo '${buildConfig()}' |
        jq --slurpfile previous /run/result '.prevResult = $previous[0]')"
      listing | diff /run/before -
    `);
    assertEquals([code, stdout, stderr], [0, "", ""]);
  },
);
