/** Runs before the command, and makes `JSON.parse` throw unexpected errors. */
const parse = JSON.parse;

JSON.parse = (text, reviver) => {
  if (text.includes("provoke RangeError")) {
    throw new RangeError("Maximum call stack size exceeded");
  }
  if (text.includes("provoke TypeError")) throw new TypeError("no function");
  return parse(text, reviver);
};
