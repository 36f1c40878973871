import { assert, assertEquals } from "@std/assert";
import { O_CLOEXEC } from "../../src/linux/abi/file.ts";
import { toCString } from "../../src/linux/call.ts";
import { isSameFile, readIdentity } from "../../src/linux/file_status.ts";
import { loadLibc } from "../../src/linux/library.ts";
import { loadAllFunctions } from "./all_functions.ts";

loadAllFunctions();
const libc = loadLibc("test");

Deno.test("two files are the same if device and inode are, and what is unknown is the same as nothing", () => {
  const file = { device: 1n, inode: 2n };
  assertEquals(isSameFile(file, { ...file }), true);
  assertEquals(isSameFile(file, { ...file, device: 2n }), false);
  assertEquals(isSameFile(file, { ...file, inode: 3n }), false);
  assertEquals(isSameFile(file, undefined), false);
  assertEquals(isSameFile(undefined, file), false);
  assertEquals(isSameFile(undefined, undefined), false);
});

Deno.test("a namespace has the same identity by its path, by a link to it, and open", () => {
  const path = toCString("/proc/thread-self/ns/net");
  const identity = readIdentity(libc, path);
  const link = Deno.readLinkSync("/proc/thread-self/ns/net");
  assertEquals(`net:[${identity?.inode}]`, link);

  const fd = libc.open(path, O_CLOEXEC, 0);
  try {
    assert(isSameFile(identity, readIdentity(libc, fd)));
    const open = toCString(`/proc/thread-self/fd/${fd}`);
    assert(isSameFile(identity, readIdentity(libc, open)));
  } finally {
    libc.close(fd);
  }
  const another = readIdentity(libc, toCString("/proc/thread-self/ns/mnt"));
  assert(another !== undefined && !isSameFile(identity, another));
});

Deno.test("what is not there has no identity", () => {
  assertEquals(readIdentity(libc, toCString("/proc/none")), undefined);
  assertEquals(readIdentity(libc, -1), undefined);
});
