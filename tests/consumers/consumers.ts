/**
 * Programs that read the formats, run in the folder of debootstrap.sh: in a
 * sandbox, with nothing of the machine's own network in sight.
 */
import { type Outcome, repositoryPath } from "../child.ts";
import { inSandbox, isRoot, noSandbox } from "../integration/sandbox.ts";

/** The folder with the programs. */
export const CONSUMERS = Deno.env.get("VMCONF_CONSUMERS") ||
  "/var/cache/vmconf-consumers";

/** Why the programs cannot be run here; `undefined` where they can. */
export const noConsumers: string | undefined = noSandbox ??
  (isRoot ? await findAbsence() : "chroot needs root");

// Where the folder is named, as CI does, a silent skip would be a false pass.
if (noConsumers !== undefined && Deno.env.get("VMCONF_CONSUMERS")) {
  throw new Error(`VMCONF_CONSUMERS: ${noConsumers}`);
}

async function findAbsence(): Promise<string | undefined> {
  const script = repositoryPath("tests/consumers/debootstrap.sh");
  try {
    await Deno.stat(`${CONSUMERS}/.vmconf-consumers`);
  } catch {
    return `no programs in ${CONSUMERS}: run ${script}`;
  }
}

/** A file for the programs to read. */
export interface GivenFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Runs a shell script in the folder with the programs. It starts in `/mnt`, a
 * folder with the files; `/run`, `/tmp` and `/etc/network` are empty. Nothing
 * else can be written, as other tests read the same folder.
 *
 * @param files Files for the programs to read.
 * @param script The script.
 * @param setup What is run before, outside of the folder: devices, for example.
 */
export async function runInConsumers(
  files: readonly GivenFile[],
  script: string,
  setup = "",
): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    for (const { name, text } of files) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.writeTextFile(path, text);
    }
    return await inSandbox(
      `${setup}
mount --bind ${CONSUMERS} ${CONSUMERS}
mount -o remount,bind,ro ${CONSUMERS}
cd ${CONSUMERS}
for folder in run tmp etc/network; do
  mount -t tmpfs tmpfs $folder
done
mount --rbind /proc proc
mount --rbind /dev dev
mount -t sysfs -o ro sysfs sys
mount --bind ${folder} mnt`,
      ["chroot", CONSUMERS, "sh", "-c", `set -e\ncd /mnt\n${script}`],
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
