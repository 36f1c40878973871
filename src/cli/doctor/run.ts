/** What the doctor does. */
import { examineMachine } from "../../linux/machine.ts";
import { parseGuestKernelConfig } from "../../linux/kernel_config.ts";
import type { Arguments } from "../command.ts";
import { print, printJson, toErrorJson } from "../output.ts";
import { adviceFor } from "./advice.ts";
import { readKernelConfig } from "./kernel_config_file.ts";
import { reportText } from "./text.ts";

/** Shows what is there, and what is not. */
export async function runDoctor(
  { flags }: Arguments,
): Promise<number> {
  const file = flags.get("kernel-config");
  const guestKernel = file === undefined
    ? undefined
    : parseGuestKernelConfig(await readKernelConfig(file), file);
  const diagnosis = examineMachine();
  const { canEnter } = diagnosis.namespaces;
  const advice = adviceFor(diagnosis);
  if (flags.has("json")) {
    const namespaces = canEnter
      ? { canEnter }
      : { canEnter, error: toErrorJson(diagnosis.namespaces.error) };
    const report = {
      ready: canEnter,
      ...diagnosis,
      namespaces,
      guestKernel,
      ...advice,
    };
    printJson(report, 2);
  } else print(reportText({ diagnosis, guestKernel, advice }));
  return canEnter ? 0 : 1;
}
