/** Stands in for the functions of `@std/assert` that the tests use. */
import * as node from "node:assert/strict";

export function assert(value: unknown, message?: string): asserts value {
  node.ok(value, message);
}

export function assertEquals<T>(actual: T, expected: T, message?: string) {
  node.deepStrictEqual(actual, expected, message);
}

export function assertMatch(actual: string, pattern: RegExp, message?: string) {
  node.match(actual, pattern, message);
}

export function assertStringIncludes(
  actual: string,
  part: string,
  message?: string,
) {
  node.ok(
    actual.includes(part),
    message ?? `Expected to find ${JSON.stringify(part)} in:\n${actual}`,
  );
}

export function assertThrows<E extends Error>(
  action: () => unknown,
  errorClass: new (...args: never[]) => E,
  messagePart?: string,
): E {
  try {
    action();
  } catch (error) {
    node.ok(error instanceof errorClass, `Unexpected error: ${error}`);
    if (messagePart !== undefined) {
      assertStringIncludes(error.message, messagePart);
    }
    return error;
  }
  node.fail("Expected an error to be thrown");
}
