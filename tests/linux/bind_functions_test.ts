import { assertEquals, assertThrows } from "@std/assert";
import { bindFunctions } from "../../src/linux/bind_functions.ts";
import { loadLibrary } from "../../src/linux/library.ts";

const { path } = loadLibrary("test");
const FUNCTION = { parameters: [], result: "u32" } as const;

/** A library stays loaded for good, as a process needs it. */
function testBinding(name: string, test: () => void): void {
  Deno.test(name, { sanitizeResources: false }, test);
}

testBinding(
  "a function is made callable at its first use, and some at once",
  () => {
    const functions = bindFunctions(
      path,
      { geteuid: FUNCTION, getegid: FUNCTION },
      ["getegid"],
    );
    const isBound = (name: string) =>
      Object.getOwnPropertyDescriptor(functions, name)?.value !== undefined;
    assertEquals([isBound("geteuid"), isBound("getegid")], [false, true]);
    assertEquals(functions.geteuid(), Deno.uid());
    assertEquals([isBound("geteuid"), functions.getegid()], [true, Deno.gid()]);
  },
);

testBinding(
  "a function that is missing is an error at once, and an optional one is null",
  () => {
    assertThrows(
      () => bindFunctions(path, { no_such_function: FUNCTION }, []),
      Error,
      "no_such_function",
    );
    const { no_such_function } = bindFunctions(
      path,
      { no_such_function: { ...FUNCTION, optional: true } },
      [],
    );
    assertEquals(no_such_function, null);
  },
);
