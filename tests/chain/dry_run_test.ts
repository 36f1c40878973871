/** --dry-run prints what would be done, and does nothing. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  addNetworks,
  type ChainEvent,
  type ChainOptions,
  type ChainStep,
  collectGarbage,
  deleteNetworks,
  planAdd,
  planDelete,
  planGarbage,
} from "../../src/chain/chain.ts";
import { assertValid } from "../cli/printed_schema.ts";
import { testUnless } from "../integration/sandbox.ts";
import { noHost, runOnHost } from "./host.ts";
import { createRecorder, noRecorder, type Recorder, VM } from "./recorder.ts";

testUnless(
  noHost,
  "--dry-run changes nothing at all, and prints what would be run and removed",
  async () => {
    const { stdout, stderr } = await runOnHost(`
before times
vmconf add plain dual --id vm-1 --format ip -o /run/out --dry-run
same times
vmconf del --id vm-1 --dry-run
same times
vmconf gc --dry-run
same times
vmconf add plain dual --id vm-1 --format result > /dev/null
vmconf add plain --id vm-2 --format result > /dev/null
ip netns del vmconf-vm-2
# Its devices end a little later.
while ip link | grep -q 'veth.*link-netnsid'; do sleep 0.02; done
sleep 0.2
before times
echo del
vmconf del --id vm-1 --dry-run
echo gc
vmconf gc --dry-run
echo replace
vmconf add plain --id vm-1 --format result --replace --dry-run
failing vmconf add plain --id vm-1 --format result --dry-run
same times`);
    assertEquals(
      stderr,
      "vmconf: container vm-1 has no record here, so nothing was deleted\n",
    );
    assertEquals(
      stdout,
      `create the network namespace /run/netns/vmconf-vm-1
write the record plain-vm-1-eth0
run ADD ptp of plain: vm-1 eth0 in /run/netns/vmconf-vm-1
write the record dual-vm-1-eth1
run ADD ptp of dual: vm-1 eth1 in /run/netns/vmconf-vm-1
run ADD firewall of dual: vm-1 eth1 in /run/netns/vmconf-vm-1
unchanged
unchanged
unchanged
del
run DEL firewall of dual: vm-1 eth1 in /run/netns/vmconf-vm-1
run DEL ptp of dual: vm-1 eth1 in /run/netns/vmconf-vm-1
remove the record dual-vm-1-eth1
run DEL ptp of plain: vm-1 eth0 in /run/netns/vmconf-vm-1
remove the record plain-vm-1-eth0
remove the network namespace /run/netns/vmconf-vm-1
gc
run DEL ptp of plain: vm-2 eth0 in /run/netns/vmconf-vm-2
remove the record plain-vm-2-eth0
remove the network namespace /run/netns/vmconf-vm-2
replace
run DEL ptp of plain: vm-1 eth0 in /run/netns/vmconf-vm-1
remove the record plain-vm-1-eth0
write the record plain-vm-1-eth0
run ADD ptp of plain: vm-1 eth0 in /run/netns/vmconf-vm-1
already-added
unchanged
`,
    );
  },
);

testUnless(
  noHost,
  "gc --dry-run names a namespace once, reports what is unknown, and exits with 1",
  async () => {
    const { stdout, stderr } = await runOnHost(`
vmconf add plain --id a --format result > /dev/null
vmconf add dual --id b --netns vmconf-a --if-name eth1 --format result > /dev/null
for file in /run/cni/results/*; do edited $file '.vmconf.isComplete = false'; done
vmconf gc --dry-run | grep -c 'remove the network namespace'
echo '{' > /run/cni/results/plain-c-eth0
before times
vmconf gc --dry-run --json > /run/notes/steps 2> /run/notes/error || echo "exit code $?"
jq -r .error.code /run/notes/error
jq -r '.[].step' /run/notes/steps | sort | uniq -c | sed 's/^ *//'
same times
cat /run/notes/steps`);
    assertEquals(stderr, "");
    const steps = stdout.trimEnd().split("\n").at(-1) ?? "";
    await assertValid("steps", [steps]);
    assertEquals(
      stdout.replace(`${steps}\n`, ""),
      "1\nexit code 1\ncache-failed\nuncertain\n2 remove-record\n3 run\nunchanged\n",
    );
  },
);

testUnless(
  noHost,
  "del --dry-run reports what it would delete and what it could not",
  async () => {
    const { stdout, stderr } = await runOnHost(`
vmconf add plain --id vm-1 --format result > /dev/null
echo '{' > /run/cni/results/nowhere-vm-1-eth1
before times
vmconf del --id vm-1 --dry-run || echo "exit code $?"
same times`);
    assertStringIncludes(
      stderr,
      'Cannot use the record "/run/cni/results/nowhere-vm-1-eth1"',
    );
    assertStringIncludes(
      stdout,
      "run DEL ptp of plain: vm-1 eth0 in /run/netns/vmconf-vm-1\nremove the record plain-vm-1-eth0\n",
    );
    assertStringIncludes(stdout, "exit code 1\nunchanged\n");
  },
);

/** Formats the plugins' calls of steps and of an operation alike. */
const describePlan = (steps: readonly ChainStep[]) =>
  steps.flatMap((it) =>
    it.step === "run" ? [`${it.command} ${it.plugin} ${it.network}`] : []
  );

async function recordCalls(
  place: Recorder,
  act: (options: ChainOptions) => Promise<unknown>,
): Promise<string[]> {
  const seen: string[] = [];
  const onEvent = (event: ChainEvent) => {
    if (event.kind !== "start" || event.command === "VERSION") return;
    seen.push(`${event.command} ${event.plugin} ${event.network}`);
  };
  await act({ ...place.options, onEvent });
  return seen;
}

testUnless(
  noRecorder,
  "what is planned is what is run: add, replace, del and gc",
  async () => {
    await using place = createRecorder();
    for (const name of ["one", "two"]) {
      place.network({
        cniVersion: "1.1.0",
        name,
        plugins: [{ type: `${name}-a` }, { type: `${name}-b` }],
      });
    }
    const { options } = place;
    const both = { ...VM, networks: ["one", "two"] };
    const again = { ...both, replace: true };
    const garbage = { networks: ["two"], keep: [], pluginGC: ["one"] };

    const add = describePlan(planAdd(both, options));
    assertEquals(await recordCalls(place, (it) => addNetworks(both, it)), add);
    const replace = describePlan(planAdd(again, options));
    assertEquals(
      await recordCalls(place, (it) => addNetworks(again, it)),
      replace,
    );
    const gc = describePlan((await planGarbage(garbage, options)).steps);
    assertEquals(
      await recordCalls(place, (it) => collectGarbage(garbage, it)),
      gc,
    );
    const del = describePlan(planDelete(VM, options).steps);
    assertEquals(await recordCalls(place, (it) => deleteNetworks(VM, it)), del);
    assertEquals([add.length, replace.length, gc.length, del.length], [
      4,
      8,
      4,
      2,
    ]);
  },
);
