/** What the doctor does. */
import { diagnose } from "../../linux/diagnosis.ts";
import { guestKernelOf } from "../../linux/kernel_config.ts";
import type { Arguments } from "../command.ts";
import { errorData, print } from "../output.ts";
import { adviceFor } from "./advice.ts";
import { readKernelConfig } from "./kernel_config_file.ts";
import { reportText } from "./text.ts";

/**
 * Shows what is there, and what is not.
 *
 * @param args The arguments of `vmconf doctor`.
 * @returns The exit code: 1 if the kernel cannot be asked.
 */
export async function runDoctor(
  { flags }: Arguments,
): Promise<number> {
  const file = flags.get("kernel-config");
  const guestKernel = file === undefined
    ? undefined
    : guestKernelOf(await readKernelConfig(file), file);
  const diagnosis = diagnose();
  const { canEnter } = diagnosis.namespaces;
  const advice = adviceFor(diagnosis);
  print(
    flags.has("json")
      ? `${
        JSON.stringify(
          {
            ready: canEnter,
            ...diagnosis,
            namespaces: canEnter
              ? { canEnter }
              : { canEnter, error: errorData(diagnosis.namespaces.error) },
            guestKernel,
            ...advice,
          },
          null,
          2,
        )
      }\n`
      : reportText({ diagnosis, guestKernel, advice }),
  );
  return canEnter ? 0 : 1;
}
