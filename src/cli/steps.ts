/** What `--dry-run` prints. */
import type { ChainPlan, ChainStep } from "../chain/chain.ts";
import { printable } from "../errors.ts";
import type { Flag } from "./command.ts";
import { print, printError, printJson } from "./output.ts";

/** `--dry-run` */
export const DRY_RUN_FLAG: Flag = {
  name: "dry-run",
  summary: "print what would be run, made and removed, and change nothing",
};

/** Prints steps: a line each, or as JSON. */
export function printSteps(steps: readonly ChainStep[], json: boolean): void {
  if (json) return printJson(steps);
  for (const step of steps) print(`${printable(textOf(step))}\n`);
}

/** Prints a plan: its steps, and on standard error what could not be done. */
export function printPlan(
  { steps, problems }: ChainPlan,
  json: boolean,
): number {
  printSteps(steps, json);
  for (const problem of problems) printError(problem, json);
  return problems.length === 0 ? 0 : 1;
}

function textOf(step: ChainStep): string {
  switch (step.step) {
    case "run": {
      const { command, plugin, network, containerID, ifName, netNSPath } = step;
      const where = netNSPath === undefined
        ? ""
        : ` in ${netNSPath === "" ? "no namespace" : netNSPath}`;
      const whom = containerID === undefined
        ? ""
        : `: ${containerID} ${ifName}`;
      return `run ${command} ${plugin} of ${network}${whom}${where}`;
    }
    case "create-netns":
      return `make the network namespace ${step.netNSPath}`;
    case "remove-netns":
      return `remove the network namespace ${step.netNSPath}`;
    case "write-record":
      return `write the record ${step.file}`;
    case "remove-record":
      return `remove the record ${step.file}`;
  }
}
