import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import { cniResultSchema, parseResult } from "../../mod.ts";
import { cidr, ip } from "../../src/cni/decode.ts";
import { toJsonSchema } from "../../src/cni/json_schema.ts";
import { ALL_VERSIONS, printResult } from "../../src/cni/versions.ts";
import { repositoryPath } from "../child.ts";

const ajv = new Ajv2020();
const matches = ajv.compile(cniResultSchema());

async function readVectors(): Promise<string[]> {
  const folder = repositoryPath("tests/vectors/real");
  const texts: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".json")) continue;
    texts.push(await Deno.readTextFile(`${folder}/${name}`));
  }
  return texts;
}

Deno.test("the schema of results takes what real plugins and printResult print", async () => {
  const texts = await readVectors();
  assert(texts.length > 3);
  for (const text of texts) {
    const result = parseResult(text);
    const printed = ALL_VERSIONS.map((version) => printResult(result, version));
    for (const one of [text, JSON.stringify(result), ...printed]) {
      assert(matches(JSON.parse(one)), JSON.stringify(matches.errors));
    }
  }
});

Deno.test("the schema of results takes what Go prints for nothing, and unknown members", () => {
  for (
    const value of [
      {},
      { cniVersion: null },
      { cniVersion: "" },
      { interfaces: null, routes: null, dns: null, more: 1 },
      { ips: [{ address: "10.0.0.2/24", gateway: "", interface: null }] },
      { interfaces: [{}], routes: [{ dst: "::/0", gw: "", mtu: 0 }] },
      { cniVersion: "0.2.0", ip4: { ip: "10.0.0.2/24" }, ip6: null },
    ]
  ) {
    assert(matches(value), JSON.stringify(matches.errors));
    parseResult(value);
  }
});

Deno.test("the schema of results refuses wrong values", () => {
  for (
    const value of [
      [],
      { cniVersion: "9.9.9" },
      { cniVersion: 1 },
      { interfaces: {} },
      { interfaces: [null] },
      { interfaces: [{ name: 7 }] },
      { interfaces: [{ name: "eth0", mtu: "1500" }] },
      { ips: [{}] },
      { ips: [{ address: "x" }] },
      { ips: [{ address: "10.0.0.2" }] },
      { ips: [{ address: "10.0.0.2/24", gateway: "10.0.0.1/24" }] },
      { ips: [{ address: "10.0.0.2/24", interface: 1.5 }] },
      { routes: [{ dst: "default" }] },
      { routes: [{ dst: "0.0.0.0/0", table: "main" }] },
      { dns: { nameservers: "10.0.0.53" } },
      { ip4: { ip: "10.0.0.2" } },
    ]
  ) assertEquals(matches(value), false, JSON.stringify(value));
});

const LOOK_ALIKES = [
  "1:2:3",
  "1::2::3",
  ":::",
  "1:2:3:4:5:6:7:8:9",
  "::1::/64",
];

Deno.test("patterns match the texts that are addresses, and others that only look like it", () => {
  const isIp = ajv.compile(toJsonSchema(ip));
  const isCidr = ajv.compile(toJsonSchema(cidr));
  const texts = [
    ..."10.0.0.1 255.255.255.255 0.0.0.0 256.0.0.1 01.2.3.4 10.0.0 10.0.0.1.2"
      .split(" "),
    ..."::,::1,1::,1:2:3:4:5:6:7:8,1:2:3:4:5:6:7::,::2:3:4:5:6:7:8,fe80::a%eth0"
      .split(","),
    ..."::ffff:10.0.0.1,1:2:3:4:5:6:10.0.0.1,::10.0.0.256,FD00::A,:,12345::"
      .split(","),
    ...["", "x", " ::1", "::1\n", "[::1]"],
  ];
  const lengths = ["0", "24", "32", "33", "064", "128", "129", "", "x", "-1"];
  for (const text of texts) {
    const reads = (raw: string, decoder: typeof ip) => {
      const faults: Parameters<typeof ip.read>[1] = [];
      decoder.read(raw, faults);
      return faults.length === 0;
    };
    assertEquals(isIp(text), reads(text, ip), text);
    for (const length of lengths) {
      const whole = `${text}/${length}`;
      assertEquals(isCidr(whole), reads(whole, cidr), whole);
    }
  }
  for (const text of LOOK_ALIKES) assert(isIp(text) || isCidr(text), text);
});
