/** Locks, when somebody else comes between two of their steps. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import { LOCK_UN } from "../../src/linux/abi/file.ts";
import { loadLibc } from "../../src/linux/library.ts";
import { tryLockFile, tryLockFolder } from "../../src/linux/lock_file.ts";
import type { Libc } from "../../src/linux/symbols/libc.ts";
import { loadAllFunctions } from "./all_functions.ts";

const TASK = "test";

loadAllFunctions();
const calls = loadLibc(TASK);

function inFolder(test: (folder: string, calls: Libc) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "vmconf-lock-" });
  try {
    test(folder, calls);
    assertEquals(openIn(folder), []);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** What this process has open in a folder. */
function openIn(folder: string): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch {
      return ""; // the folder of descriptors itself, which has been read
    }
  }).filter((path) => path.startsWith(folder));
}

const names = (folder: string) => [...Deno.readDirSync(folder)].length;

Deno.test("a lock that is held is not had, and its file stays", () => {
  inFolder((folder, calls) => {
    const path = `${folder}/lock`;
    const lock = tryLockFile(calls, path, TASK);
    assert(lock);
    const { ino } = Deno.statSync(path);
    assertEquals(tryLockFile(calls, path, TASK), undefined);
    assertEquals(tryLockFile(calls, path, TASK), undefined);
    assertEquals(Deno.statSync(path).ino, ino);
    lock.release();
    assertEquals(names(folder), 0);
  });
});

Deno.test("a lock whose file was removed after it was opened is not had", () => {
  inFolder((folder, calls) => {
    const path = `${folder}/lock`;
    let isFirst = true;
    const flock = (fd: number, operation: number) => {
      if (isFirst) Deno.removeSync(path);
      isFirst = false;
      return calls.flock(fd, operation);
    };
    const late = { ...calls, flock } as Libc;
    assertEquals(tryLockFile(late, path, TASK), undefined);
    const lock = tryLockFile(late, path, TASK);
    assert(lock);
    lock.release();
  });
});

Deno.test("a lock's file goes before the lock, so that nobody's else is removed", () => {
  inFolder((folder, calls) => {
    const path = `${folder}/lock`;
    const seen: string[] = [];
    const flock = (fd: number, operation: number) => {
      if (operation === LOCK_UN) {
        seen.push(`unlocked with ${names(folder)} files`);
      }
      return calls.flock(fd, operation);
    };
    const lock = tryLockFile({ ...calls, flock } as Libc, path, TASK);
    lock?.release();
    assertEquals(seen, ["unlocked with 0 files"]);
  });
});

Deno.test("what is no plain file is neither waited for nor removed", () => {
  inFolder((folder, calls) => {
    Deno.mkdirSync(`${folder}/folder`);
    Deno.symlinkSync("/etc/passwd", `${folder}/link`);
    new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).outputSync();
    for (const name of ["folder", "link", "pipe"]) {
      const path = `${folder}/${name}`;
      assertThrows(() => tryLockFile(calls, path, TASK), VmConfError);
      Deno.lstatSync(path);
    }
  });
});

Deno.test("many have a shared lock at a time, and one an exclusive one", () => {
  inFolder((folder, calls) => {
    const take = (kind: "shared" | "exclusive") =>
      tryLockFolder(calls, folder, kind, TASK);
    const [one, two] = [take("shared"), take("shared")];
    assert(one && two);
    assertEquals(take("exclusive"), undefined);
    one.release();
    assertEquals(take("exclusive"), undefined);
    two.release();
    const all = take("exclusive");
    assert(all);
    assertEquals(take("shared"), undefined);
    all.release();
  });
});
