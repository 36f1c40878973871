import { assertEquals } from "@std/assert";
import { keysNamed, type KeyTree, withExactKeys } from "../../src/cni/keys.ts";

const KEYS: KeyTree = new Map([
  ...keysNamed({ name: "", sandbox: "" }),
  ["ips", keysNamed({ pciID: "" })],
]);

Deno.test("what needs no change is given back itself", () => {
  const value = { name: "a", ips: [{ pciID: "b" }], other: { NAME: 1 } };
  assertEquals(withExactKeys(value, KEYS) === value, true);
});

Deno.test("keys match without regard to case, at every level", () => {
  assertEquals(
    withExactKeys({ NAME: "a", Ips: [{ PCIid: "b" }] }, KEYS),
    { name: "a", ips: [{ pciID: "b" }] },
  );
});

Deno.test("of two spellings the later one counts", () => {
  assertEquals(withExactKeys({ name: "a", Name: "b" }, KEYS), { name: "b" });
  assertEquals(withExactKeys({ Name: "b", name: "a" }, KEYS), { name: "a" });
});

Deno.test("Unicode's simple folding counts, and no other likeness", () => {
  assertEquals(withExactKeys({ "ſandbox": "a" }, KEYS), { sandbox: "a" });
  for (const key of ["sand_box", "ｎame", "ıps", "İps"]) {
    const value = { [key]: "a" };
    assertEquals(withExactKeys(value, KEYS), value);
  }
});

Deno.test("the prototype's names are ordinary unknown keys", () => {
  const value = JSON.parse('{"__proto__":{"name":"x"},"NAME":"a"}');
  const exact = withExactKeys(value, KEYS);
  assertEquals(exact, { name: "a" });
});

Deno.test("what is no object stays as it is, and lists in lists are not entered", () => {
  for (const value of [null, 3, "x", true, [[{ NAME: "a" }]]]) {
    assertEquals(withExactKeys(value, KEYS), value);
  }
});
