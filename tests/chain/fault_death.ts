/** Runs one operation, and is killed during it: fault_death.ts WISH, a JSON text. */
import { SCENARIOS } from "./fault_scenarios.ts";
import { createFaultContext } from "./fault_world.ts";
import { createFaultySystem } from "./faulty_system.ts";

const [text = "{}"] = Deno.args;
const { place, scenario, death } = JSON.parse(text);
const { system } = createFaultySystem({ death });
await SCENARIOS[scenario]?.run(createFaultContext(system), place);
