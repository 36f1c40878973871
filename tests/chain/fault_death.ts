/** Does one operation, and is killed in it: fault_death.ts WISH, which is JSON. */
import { SCENARIOS } from "./fault_scenarios.ts";
import { createFaultContext } from "./fault_world.ts";
import { createFaultySystem } from "./faulty_system.ts";

const [text = "{}"] = Deno.args;
const { place, scenario, death } = JSON.parse(text);
const { system } = createFaultySystem({ death });
await SCENARIOS[scenario]?.run(createFaultContext(system), place);
