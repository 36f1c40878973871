/**
 * Makes every call of a lookup fail in every way, by each library, in a fresh
 * lookup and in a reader's, and prints the answer and what is left behind.
 */
import { VmConfError } from "../../mod.ts";
import { countDescriptors } from "./descriptors.ts";
import { type Library, loadLibrary } from "../../src/linux/library.ts";
import { lookUpMtu } from "../../src/linux/mtu_lookup.ts";
import { createMtuReader } from "../../src/linux/mtu_reader.ts";
import { type Failure, makeFaultyLibrary } from "./faulty_library.ts";

const LINK = { netNSPath: "/run/netns/a", device: "lo" };

/** EPERM, ENOENT, EBADF, ENOMEM, EINVAL, EMFILE and ENOBUFS. */
const ERRNOS = [1, 2, 9, 12, 22, 24, 105];

/** NLE_FAILURE to the last that libnl knows. */
const NLE_CODES = Array.from({ length: 33 }, (_, index) => index + 1);

/** More often than any call is made again. */
const FOR_GOOD = 100;

/** Calls of libc, by their number from 1. */
const CALLS: readonly [name: string, from: number][] = [
  ["statfs", 1],
  ["open", 1],
  ["open", 2],
  ["statx", 1],
  ["statx", 2],
  ["setns", 1],
  ["setns", 2],
  ["setns", 3],
  ["socket", 1],
  ["ioctl", 1],
  ["ioctl", 2],
];

function failures(): Failure[] {
  const once = { from: 1, more: 0 };
  return [
    ...CALLS.flatMap(([name, from]) =>
      ERRNOS.flatMap((errno) =>
        // Returning must not fail for good: that ends the process.
        (name === "setns" && from === 3 ? [0] : [0, FOR_GOOD])
          .map((more) => ({ name, from, more, result: -1, errno }))
      )
    ),
    { name: "nl_socket_alloc", ...once, result: 0n },
    ...["nl_socket_set_fd", "rtnl_link_get_kernel"].flatMap((name) =>
      NLE_CODES.map((code) => ({ name, ...once, result: -code }))
    ),
  ];
}

/** Asks twice: the second lookup of a reader uses the kept socket. */
const WAYS: Readonly<Record<string, (library: Library) => string[]>> = {
  fresh: (library) => [1, 2].map(() => answer(() => lookUpMtu(library, LINK))),
  reader: (library) => {
    using reader = createMtuReader(() => library, 2);
    return [1, 2].map(() => answer(() => reader.readMtu(LINK)));
  },
};

function answer(ask: () => number): string {
  try {
    return `MTU ${ask()}`;
  } catch (error) {
    return error instanceof VmConfError ? error.code : `untyped: ${error}`;
  }
}

function state() {
  return {
    namespace: Deno.readLinkSync("/proc/thread-self/ns/net"),
    descriptors: countDescriptors(),
  };
}

const { path, symbols } = loadLibrary("test");
const libraries: readonly Library[] = [
  loadLibrary("test"),
  { kind: "libc", path, symbols },
];
for (const real of libraries) {
  for (const [way, ask] of Object.entries(WAYS)) {
    for (const failure of failures()) {
      const before = { ...state(), objects: 0 };
      const { library, failed, objects } = makeFaultyLibrary(failure, real);
      const answers = ask(library);
      const after = { ...state(), objects: objects() };
      if (!failed()) continue;
      const { name, from, more } = failure;
      const call = `${name} ${from}`;
      const lasts = more > 0;
      console.log(
        JSON.stringify({
          kind: real.kind,
          way,
          call,
          lasts,
          answers,
          before,
          after,
        }),
      );
    }
  }
}
