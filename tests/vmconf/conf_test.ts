import { assertEquals, assertThrows } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import { VmConfError } from "../../src/errors.ts";
import { parseStaticNetworkConf } from "../../src/vmconf/conf.ts";
import { staticNetworkConfSchema } from "../../src/vmconf/conf.ts";
import { FULL } from "../formats/cases.ts";

const matches = new Ajv2020().compile(staticNetworkConfSchema());

function isRead(value: unknown): boolean {
  try {
    parseStaticNetworkConf(value);
    return true;
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    return false;
  }
}

Deno.test("a configuration is read as it was printed", () => {
  assertEquals(parseStaticNetworkConf(JSON.stringify(FULL)), FULL);
});

const OTHERS = [null, true, 7, -1, 1.5, 2 ** 60, "", "x", [], [7], {}, [{}]];

/** A value with each of its parts left out, and put in place of by others. */
function* changed(value: unknown): Generator<unknown> {
  yield* OTHERS;
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    const withPart = (part: unknown) =>
      Array.isArray(value) ? [part] : { ...value, [key]: part };
    for (const other of changed(part)) yield withPart(other);
    if (Array.isArray(value)) continue;
    const { [key]: _, ...rest } = value as Record<string, unknown>;
    yield rest;
  }
}

Deno.test("exactly the values that match the JSON Schema are read", () => {
  let count = 0;
  for (const value of changed(FULL)) {
    assertEquals(isRead(value), matches(value), JSON.stringify(value));
    count++;
  }
  assertEquals(count > 300, true);
});

Deno.test("texts that only look like addresses match the JSON Schema, and are refused", () => {
  const config = { ...FULL.vmIpConfigs[0], gateway: "1:2:3" };
  const value = { ...FULL, vmIpConfigs: [config] };
  assertEquals(matches(value), true);
  const { path } = assertThrows(
    () => parseStaticNetworkConf(value),
    VmConfError,
  );
  assertEquals(path, "conf.vmIpConfigs[0].gateway");
});

Deno.test("unknown members are left out", () => {
  assertEquals(parseStaticNetworkConf({ ...FULL, more: 1 }), FULL);
});
