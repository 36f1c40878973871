/** What `--dry-run` prints. */
import type { ChainPlan, ChainStep } from "../chain/chain.ts";
import { printable } from "../errors.ts";
import type { Flag } from "./command.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_codes.ts";
import { print, printError, printJson } from "./output.ts";

export const DRY_RUN_FLAG: Flag = {
  name: "dry-run",
  summary: "print what vmconf would run, create and remove; change nothing",
};

/** Prints steps: one per line, or as JSON. */
export function printSteps(steps: readonly ChainStep[], json: boolean): void {
  if (json) return printJson(steps);
  for (const step of steps) print(`${printable(describeStep(step))}\n`);
}

/** Prints the steps of a plan, and on standard error its problems. */
export function printPlan(
  { steps, problems }: ChainPlan,
  json: boolean,
): number {
  printSteps(steps, json);
  for (const problem of problems) printError(problem, json);
  return problems.length === 0 ? EXIT_DONE : EXIT_FAILED;
}

function describeStep(step: ChainStep): string {
  switch (step.step) {
    case "run": {
      const { command, plugin, network, containerID, ifName, netNSPath } = step;
      const attachment = containerID === undefined
        ? ""
        : `: ${containerID} ${ifName}`;
      const place = netNSPath === undefined
        ? ""
        : ` in ${netNSPath === "" ? "no namespace" : netNSPath}`;
      return `run ${command} ${plugin} of ${network}${attachment}${place}`;
    }
    case "create-netns":
      return `create the network namespace ${step.netNSPath}`;
    case "remove-netns":
      return `remove the network namespace ${step.netNSPath}`;
    case "write-record":
      return `write the record ${step.file}`;
    case "remove-record":
      return `remove the record ${step.file}`;
  }
}
