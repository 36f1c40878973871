/**
 * Runs operations with faults, one after another. Runs in a sandbox:
 * fault_runs.ts WISH, a JSON text.
 */
import { VmConfError } from "../../src/errors.ts";
import { countDescriptors } from "../linux/descriptors.ts";
import { loadAllFunctions } from "../linux/all_functions.ts";
import { denoRun } from "../child.ts";
import {
  type Death,
  type Fault,
  isDenied,
  listDeaths,
  listFaults,
  sampleFaults,
  type TableCall,
} from "./fault_cases.ts";
import {
  cleanUp,
  type Outcome,
  type Place,
  type Scenario,
  SCENARIOS,
} from "./fault_scenarios.ts";
import {
  createFaultContext,
  listAdditions,
  listChanges,
  look,
  setUp,
  type State,
  waitUntilSettled,
} from "./fault_world.ts";
import { createFaultySystem } from "./faulty_system.ts";

/** What is to be run. */
export interface Wish {
  readonly place: Place;
  readonly scenario: string;
  /** Whether to run all cases; otherwise each call fails in one way. */
  readonly isWhole: boolean;
  /** Runs every nth case. */
  readonly step: number;
  /** A regular expression for the names of the cases. */
  readonly only: string;
}

/** The outcome. */
export interface Findings {
  readonly cases: number;
  /** Cases without their fault: the operation made other calls. */
  readonly missed: readonly string[];
  /** What was wrong, with the name of its case. */
  readonly faults: readonly string[];
}

type Case =
  | { readonly name: string; readonly fault: Fault }
  | { readonly name: string; readonly death: Death };

const WRITES = /^(write|sync|rename|link)$/;

/** The note if a record could not be marked before its deletion. */
const TOLD = /^the start of the deletion was not recorded: /;

/** Without this file the plugins are asked for their versions again. */
const FORGETTABLE = /\/versions:|\/versions$|^\/run\/cni\/vmconf$/;

/** After so many cases the sandbox has changed too much. */
const MOST_FAULTS = 40;

class Run {
  #state: State = new Map();
  #cases = 0;
  readonly #missed: string[] = [];
  readonly #faults: string[] = [];
  readonly #home = Deno.readLinkSync("/proc/thread-self/ns/net");

  constructor(
    private world: State,
    private readonly wish: Wish,
    private readonly scenario: Scenario,
  ) {}

  /** Runs the operation without faults, to learn its calls. */
  async learn(): Promise<readonly TableCall[]> {
    await this.#begin();
    const { system, calls } = createFaultySystem();
    const outcome = await this.#operate(createFaultContext(system));
    const told = await this.#judge(outcome, false);
    const left = await cleanUp(this.world, false);
    for (const fault of [...told, ...left]) {
      this.#tell(`${this.wish.scenario}, without a fault: ${fault}`);
    }
    this.#state = new Map();
    return calls;
  }

  async runAll(cases: readonly Case[]): Promise<Findings> {
    for (const it of cases) {
      if (this.#faults.length > MOST_FAULTS) break;
      this.#cases++;
      try {
        for (const fault of await this.#runOne(it)) {
          this.#tell(`${it.name}: ${fault}`);
        }
      } catch (error) {
        // An earlier case left something that disturbs.
        this.#tell(`${it.name}: cannot go on: ${error}`);
        break;
      }
    }
    return {
      cases: this.#cases,
      missed: this.#missed,
      faults: this.#faults,
    };
  }

  #tell(fault: string): void {
    this.#faults.push(fault);
    console.error(fault);
  }

  /** Starts again, unless the last case changed nothing. */
  async #begin(): Promise<void> {
    if (this.#state.size > 0) return;
    await this.scenario.prepare(this.wish.place);
    this.#state = look();
  }

  async #runOne(it: Case): Promise<string[]> {
    await this.#begin();
    const descriptors = countDescriptors();
    const faults = "fault" in it
      ? await this.#meetFault(it.name, it.fault)
      : await this.#meetDeath(it.name, it.death);
    const netns = Deno.readLinkSync("/proc/thread-self/ns/net");
    if (netns !== this.#home) faults.push(`the process is in ${netns}`);
    const more = countDescriptors() - descriptors;
    if (more !== 0) faults.push(`${more} descriptors stay open`);
    faults.push(...await this.#afterwards());
    return faults;
  }

  async #meetFault(name: string, fault: Fault): Promise<string[]> {
    const { system, failedPath } = createFaultySystem({ fault });
    let isTold = false;
    const outcome = await this.#operate(createFaultContext(system, (event) => {
      isTold ||= event.kind === "note" && TOLD.test(event.message);
    }));
    const path = failedPath();
    if (path === undefined) this.#missed.push(name);
    const faults = await this.#judge(
      outcome,
      isDenied(fault.name, fault.errno),
    );
    const isLost = outcome.kind === "done" && WRITES.test(fault.name) &&
      !FORGETTABLE.test(path ?? "") && !isTold;
    if (isLost) faults.push(`succeeded, although ${path} was not written`);
    const isRaw = outcome.kind === "failed" &&
      !(outcome.error instanceof VmConfError);
    if (isRaw) {
      const { stack } = Object(outcome.error);
      faults.push(`no error of ours: ${stack ?? outcome.error}`);
    }
    return faults;
  }

  async #meetDeath(name: string, death: Death): Promise<string[]> {
    const { place, scenario } = this.wish;
    const [program = "", ...args] = denoRun(
      ["--allow-all"],
      "tests/chain/fault_death.ts",
      JSON.stringify({ place, scenario, death }),
    );
    const { signal, stderr } = await new Deno.Command(program, { args })
      .output();
    if (signal !== "SIGKILL") {
      this.#missed.push(`${name}: ${new TextDecoder().decode(stderr)}`);
    }
    return [];
  }

  async #operate(
    context: ReturnType<typeof createFaultContext>,
  ): Promise<Outcome> {
    try {
      const value = await this.scenario.run(context, this.wish.place);
      return { kind: "done", value };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  async #judge(outcome: Outcome, isDenied: boolean): Promise<string[]> {
    const { place } = this.wish;
    return await waitUntilSettled(async () => {
      const after = look();
      const { world } = this;
      const before = this.#state;
      const comparison = { world, before, after, place, isDenied };
      return await this.scenario.judge(outcome, comparison);
    });
  }

  /** Others lose nothing, and the next operations leave nothing. */
  async #afterwards(): Promise<string[]> {
    const faults: string[] = [];
    const harm = await waitUntilSettled(() => listChanges(this.world, look()));
    faults.push(...harm.map((change) => `harm: ${change}`));
    if (isSame(this.#state, look())) {
      // How this state is cleaned up was tested before.
      return faults;
    }
    this.#state = new Map();
    const startsWithGarbage = this.#cases % 2 === 0;
    faults.push(...await cleanUp(this.world, startsWithGarbage));
    const rest = await waitUntilSettled(() => [
      ...listAdditions(this.world, look()).map((key) => `left: ${key}`),
      ...listChanges(this.world, look()).map((key) =>
        `harm in the end: ${key}`
      ),
    ]);
    faults.push(...rest);
    if (rest.length > 0) this.world = look();
    return faults;
  }
}

function isSame(before: State, after: State): boolean {
  return listChanges(before, after).length === 0 &&
    listAdditions(before, after).length === 0;
}

function listCases(calls: readonly TableCall[], wish: Wish): Case[] {
  const { scenario, place, isWhole, only, step } = wish;
  const begin = `${place}/${scenario}`;
  const faults = (isWhole ? listFaults(calls) : sampleFaults(calls))
    .map((fault): Case => {
      const { name, nth, errno, span } = fault;
      return { name: `${begin}/${name} ${nth}/${errno}/${span}`, fault };
    });
  const deaths = listDeaths(calls)
    // Before one change is mostly the same as after the previous one.
    .filter(({ when, nth }) => isWhole || when === "after" || nth === 1)
    .map((death): Case => ({
      name: `${begin}/killed ${death.when} ${death.nth} (${death.name})`,
      death,
    }));
  return [...faults, ...deaths].filter(({ name }) =>
    new RegExp(only).test(name)
  )
    .filter((_, index) => index % step === 0);
}

if (import.meta.main) {
  const [text = "{}"] = Deno.args;
  const wish: Wish = JSON.parse(text);
  const scenario = SCENARIOS[wish.scenario];
  if (scenario === undefined) throw new Error(`no scenario: ${wish.scenario}`);
  loadAllFunctions();
  const run = new Run(await setUp(), wish, scenario);
  // The first operation makes what is kept, such as the plugins' answers.
  await run.learn();
  const calls = await run.learn();
  console.log(JSON.stringify(await run.runAll(listCases(calls, wish))));
  Deno.exit(0);
}
