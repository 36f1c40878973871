import { assert, assertEquals } from "@std/assert";
import {
  isSameIdentity,
  readIdentity,
  readIdentityOfFd,
} from "../../src/linux/identity.ts";
import { toCString } from "../../src/linux/libc.ts";
import { loadLibrary } from "../../src/linux/library.ts";

const { symbols: libc } = loadLibrary("test");
const O_CLOEXEC = 0o2000000;

Deno.test("two files are the same if device and inode are, and what is unknown is the same as nothing", () => {
  const file = { device: 1n, inode: 2n };
  assertEquals(isSameIdentity(file, { ...file }), true);
  assertEquals(isSameIdentity(file, { ...file, device: 2n }), false);
  assertEquals(isSameIdentity(file, { ...file, inode: 3n }), false);
  assertEquals(isSameIdentity(file, undefined), false);
  assertEquals(isSameIdentity(undefined, file), false);
  assertEquals(isSameIdentity(undefined, undefined), false);
});

Deno.test("a namespace has the same identity by its path, by a link to it, and open", () => {
  const path = toCString("/proc/thread-self/ns/net");
  const identity = readIdentity(libc, path);
  const link = Deno.readLinkSync("/proc/thread-self/ns/net");
  assertEquals(`net:[${identity?.inode}]`, link);

  const fd = libc.open(path, O_CLOEXEC);
  try {
    assert(isSameIdentity(identity, readIdentityOfFd(libc, fd)));
    const open = toCString(`/proc/thread-self/fd/${fd}`);
    assert(isSameIdentity(identity, readIdentity(libc, open)));
  } finally {
    libc.close(fd);
  }
  const another = readIdentity(libc, toCString("/proc/thread-self/ns/mnt"));
  assert(another !== undefined && !isSameIdentity(identity, another));
});

Deno.test("what is not there has no identity", () => {
  assertEquals(readIdentity(libc, toCString("/proc/none")), undefined);
  assertEquals(readIdentityOfFd(libc, -1), undefined);
});
