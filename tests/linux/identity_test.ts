import { assert, assertEquals } from "@std/assert";
import {
  identityAt,
  identityOfFd,
  isSameIdentity,
} from "../../src/linux/identity.ts";
import { cString } from "../../src/linux/libc.ts";
import { openLibrary } from "../../src/linux/library.ts";

const { symbols: libc } = openLibrary("test");
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
  const path = cString("/proc/thread-self/ns/net");
  const identity = identityAt(libc, path);
  const link = Deno.readLinkSync("/proc/thread-self/ns/net");
  assertEquals(`net:[${identity?.inode}]`, link);

  const fd = libc.open(path, O_CLOEXEC);
  try {
    assert(isSameIdentity(identity, identityOfFd(libc, fd)));
    const open = cString(`/proc/thread-self/fd/${fd}`);
    assert(isSameIdentity(identity, identityAt(libc, open)));
  } finally {
    libc.close(fd);
  }
  const another = identityAt(libc, cString("/proc/thread-self/ns/mnt"));
  assert(another !== undefined && !isSameIdentity(identity, another));
});

Deno.test("what is not there has no identity", () => {
  assertEquals(identityAt(libc, cString("/proc/none")), undefined);
  assertEquals(identityOfFd(libc, -1), undefined);
});
