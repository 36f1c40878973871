/** Which permissions a chain needs, and the errors without them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fixedPermissions } from "../child.ts";
import { libnlPath, noLibnl } from "../integration/libraries.ts";
import { testUnless } from "../integration/sandbox.ts";
import { noPlugins, PLUGINS, runInPlace } from "./place.ts";

const GRANTS: Readonly<Record<string, string>> = {
  read: "--allow-read=/run/net.d,/run/cni,/run/only",
  write: "--allow-write=/run/cni",
  run: "--allow-run=/run/only/ptp",
  ffi: `--allow-ffi=${libnlPath}`,
};

const SCRIPT = `
mkdir /run/only
cp ${PLUGINS}/ptp ${PLUGINS}/host-local /run/only
minimal() { command=$1; shift; plain "$command" --conf-dir /run/net.d --cache-dir /run/cni --bin-dir /run/only "$@"; }
state > /run/before
minimal add plain --id vm-1 --format result > /run/result || echo "exit code $?"
minimal check --id vm-1 || true
minimal del --id vm-1
state | diff /run/before - && echo nothing left`;

testUnless(
  noPlugins ?? noLibnl,
  "only folders, plugins and one library need permission",
  async () => {
    const { stdout, stderr } = await runInPlace(SCRIPT, Object.values(GRANTS));
    assertEquals([stderr, stdout], ["", "nothing left\n"]);
  },
);

testUnless(
  noPlugins ?? noLibnl,
  "a namespace in another folder, --replace, gc and --dry-run need no other permission",
  async () => {
    const commands = SCRIPT.slice(0, SCRIPT.indexOf("state >"));
    const { stdout, stderr } = await runInPlace(
      `${commands}
mkdir -m 700 /run/folder
state > /run/before
minimal add plain --id vm-1 --netns /run/folder/netns --format result > /run/result
minimal add plain --id vm-1 --netns /run/folder/netns --format result --replace > /run/result
minimal del --id vm-1 --dry-run > /run/result
minimal gc
plain list --cache-dir /run/cni > /run/result
minimal del --id vm-1
ls /run/folder
state | diff /run/before - && echo nothing left`,
      Object.values(GRANTS),
    );
    assertEquals([stderr, stdout], ["", "nothing left\n"]);
  },
);

const DENIALS = {
  read: "permission to read /run/net.d was not granted",
  write: "permission to write /run/cni was not granted",
  run: "permission to run /run/only/ptp was not granted",
  ffi: "permission to load libnl-route was not granted",
};

for (const [name, message] of Object.entries(DENIALS)) {
  testUnless(
    fixedPermissions ?? noPlugins ?? noLibnl,
    `without ${name} permission the error names the flag, and nothing is done`,
    async () => {
      const others = Object.entries(GRANTS)
        .filter(([other]) => other !== name).map(([, grant]) => grant);
      const { stdout, stderr } = await runInPlace(
        SCRIPT.replace("minimal del --id vm-1\n", ""),
        others,
      );
      assertEquals(stdout, "exit code 1\nnothing left\n");
      assertStringIncludes(stderr, message);
      assertStringIncludes(stderr, `--allow-${name}=`);
    },
  );
}
