/** Makes every call of a lookup fail in every way, and tells what is left. */
import { VmConfError } from "../../mod.ts";
import { lookUpMtu } from "../../src/linux/lookup.ts";
import { type Failure, faultyLibrary } from "./faulty_library.ts";

const LINK = { netNSPath: "/run/netns/a", device: "lo" };

/** What calls fail with: EPERM, ENOENT, EBADF, ENOMEM, EINVAL, EMFILE and ENOBUFS. */
export const ERRNOS = [1, 2, 9, 12, 22, 24, 105];

/** NLE_FAILURE to the last that libnl knows, but for those that mean "absent". */
const NLE_CODES = Array.from({ length: 33 }, (_, index) => index + 1);

/** More calls than are ever made again. */
export const FOR_GOOD = 100;

function cases(): Failure[] {
  const calls: [string, number][] = [
    ["statfs", 1],
    ["open", 1],
    ["open", 2],
    ["setns", 1],
    ["setns", 2],
    ["setns", 3],
    ["socket", 1],
  ];
  const once = { from: 1, more: 0 };
  return [
    ...calls.flatMap(([name, from]) =>
      ERRNOS.flatMap((errno) =>
        [0, name === "setns" && from === 3 ? 0 : FOR_GOOD].map((more) => ({
          name,
          from,
          more,
          result: -1,
          errno,
        }))
      )
    ),
    { name: "nl_socket_alloc", ...once, result: 0n },
    ...["nl_socket_set_fd", "rtnl_link_get_kernel"].flatMap((name) =>
      NLE_CODES.map((code) => ({ name, ...once, result: -code }))
    ),
  ];
}

/** What must be the same before and after. */
export function state() {
  return {
    namespace: Deno.readLinkSync("/proc/thread-self/ns/net"),
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
  };
}

function ask(failure: Failure): string {
  try {
    return `MTU ${lookUpMtu(faultyLibrary(failure), LINK)}`;
  } catch (error) {
    return error instanceof VmConfError ? error.code : `untyped: ${error}`;
  }
}

if (import.meta.main) {
  for (const failure of cases()) {
    const before = state();
    const answer = ask(failure);
    const after = state();
    console.log(
      JSON.stringify({ ...failure, result: undefined, answer, before, after }),
    );
  }
}
