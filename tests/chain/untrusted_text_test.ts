/** Names and texts of others on a terminal: no control character may be printed. */
import { assert, assertEquals } from "@std/assert";
import { type Outcome, run } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import {
  ADD,
  createNetwork,
  failWith,
  noRecorder,
  type Recorder,
} from "./recorder.ts";

/** ESC, CSI as C1, DEL, a bidirectional override, and an isolate. */
const EVIL = "\x1b[2J\x9b\x7f\u202e\u2066";

/** Names of files and interfaces may contain it. */
const NAME = `x${EVIL}`;

/** A place where the name and the output of a plugin contain it. */
async function createEvilPlace(): Promise<Recorder> {
  const made = createNetwork({ plugins: [{ type: NAME }] });
  const result = {
    cniVersion: "1.0.0",
    interfaces: [{ name: EVIL, sandbox: EVIL }],
    [EVIL]: EVIL,
  };
  made.when(NAME, "ADD", `cat "$here/result"; exit 0\n`);
  await Deno.writeTextFile(`${made.folder}/result`, JSON.stringify(result));
  return made;
}

/** Writes an incomplete record of vmconf with such names. */
function writeEvilRecord({ folder }: Recorder): void {
  const path = `${folder}/cache/results/mynet-vm-1-eth0`;
  const record = JSON.parse(Deno.readTextFileSync(path));
  record.ifName = "e\x9b\x7f\u202e";
  record.netns = `/run/netns/${EVIL}`;
  record.vmconf.isComplete = false;
  Deno.writeTextFileSync(path, JSON.stringify(record));
  Deno.writeTextFileSync(`${folder}/cache/results/mynet-vm-1-${EVIL}`, "{");
  Deno.writeTextFileSync(`${folder}/net.d/${EVIL}.conflist`, "{");
}

function checkHarmless({ stdout, stderr }: Outcome, what: string): void {
  for (const text of [stdout, stderr]) {
    const found = text.match(/[^\p{L}\p{M}\p{N}\p{P}\p{S} \n]/u)?.[0];
    assert(
      found === undefined,
      `${what}: found ${JSON.stringify(found)} in ${JSON.stringify(text)}`,
    );
  }
}

testUnless(
  noRecorder,
  "every command escapes the names and the output of plugins and files",
  async () => {
    await using made = await createEvilPlace();
    const added = await run(made.command(...ADD));
    assertEquals(added.code, 0);
    checkHarmless(added, "add");
    assertEquals(JSON.parse(added.stdout)[EVIL], EVIL);
    writeEvilRecord(made);
    const commands = [
      ["status"],
      ["status", "--json"],
      ["status", NAME],
      ["status", "--json", NAME],
      ["list"],
      ["list", "--json"],
      [...ADD, "--dry-run"],
      [...ADD, "--dry-run", "--json"],
      ["check", "--id=vm-1"],
      ["del", "--id=vm-1", "--dry-run"],
      ["del", "--id=vm-1", "--dry-run", "--json"],
      ["gc", "--dry-run"],
      ["gc", "--dry-run", "--json"],
      ["gc", "--verbose"],
      ["del", "--id=vm-1"],
    ];
    for (const args of commands) {
      const outcome = await run(made.command(...args));
      assert(outcome.stdout + outcome.stderr !== "", args.join(" "));
      checkHarmless(outcome, args.join(" "));
    }
    await run(made.command(...ADD));
    writeEvilRecord(made);
    checkHarmless(await run(made.command("gc", "--json")), "gc --json");
  },
);

testUnless(
  noRecorder,
  "the errors and logs of a plugin are escaped",
  async () => {
    await using made = await createEvilPlace();
    made.when(NAME, "ADD", `echo '${EVIL}' >&2\n${failWith(7, EVIL)}`);
    for (const more of [["--verbose"], ["--json"], []]) {
      const outcome = await run(made.command(...ADD, ...more));
      assertEquals(outcome.code, 1);
      checkHarmless(outcome, more.join());
    }
  },
);

testUnless(
  noRecorder,
  "a plugin's name cannot act on a terminal while progress is shown",
  async () => {
    await using made = await createEvilPlace();
    const words = made.command(...ADD).join(" ");
    const { stdout } = await run(["script", "-qec", words, "/dev/null"]);
    const own = stdout.replaceAll("\r\x1b[K", "").replaceAll("\r\n", "\n");
    checkHarmless({ code: 0, stdout: own, stderr: "" }, "add");
  },
);
