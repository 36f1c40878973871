/**
 * Counts the steps that code takes through lists, maps and sets. So a test can
 * tell linear work from quadratic work without a clock.
 */

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Prototype = Record<PropertyKey, Method>;

/** Methods that call back for each element that they look at. */
const CALLING = [
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "flatMap",
  "forEach",
  "map",
  "reduce",
  "some",
];

/** Methods that look at elements until they find one. */
const SEARCHING = ["includes", "indexOf"];

/** Methods that look at every element. */
const WHOLE = ["concat", "join", "slice", "toReversed", "unshift"];

/** What steps through a list, a map or a set: `for`, spread, constructors. */
const ITERATORS: readonly Prototype[] = [
  [].values(),
  new Map().entries(),
  new Set().values(),
].map((iterator) => Object.getPrototypeOf(iterator));

const LIST = Array.prototype as unknown as Prototype;

/**
 * Runs an action, and counts its steps.
 *
 * @param action What is run; synchronous.
 * @returns How many elements of lists, maps and sets were looked at.
 */
export function countSteps(action: () => void): number {
  let steps = 0;
  const undo: (() => void)[] = [];
  const replace = (
    prototype: Prototype,
    name: string,
    wrap: (original: Method) => Method,
  ) => {
    const original = prototype[name] as Method;
    undo.push(() => prototype[name] = original);
    prototype[name] = wrap(original);
  };
  for (const name of CALLING) {
    replace(LIST, name, (original) =>
      function (callback, ...rest) {
        const counted: Method = function (...args) {
          steps++;
          return (callback as Method).apply(this, args);
        };
        return original.call(this, counted, ...rest);
      });
  }
  const { indexOf } = Array.prototype;
  for (const name of SEARCHING) {
    replace(LIST, name, (original) =>
      function (...args) {
        const list = this as unknown[];
        const index = indexOf.call(list, args[0]);
        steps += index < 0 ? list.length : index + 1;
        return original.apply(this, args);
      });
  }
  for (const name of WHOLE) {
    replace(LIST, name, (original) =>
      function (...args) {
        steps += (this as unknown[]).length;
        return original.apply(this, args);
      });
  }
  for (const prototype of ITERATORS) {
    replace(prototype, "next", (original) =>
      function () {
        steps++;
        return original.call(this);
      });
  }
  try {
    action();
  } finally {
    for (const one of undo.reverse()) one();
  }
  return steps;
}
