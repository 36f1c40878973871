import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "../fast_check.ts";
import { VmConfError } from "../../src/errors.ts";
import * as dracut from "../../src/formats/dracut.ts";
import { explainIp, explainLine } from "../../src/formats/explain.ts";
import type { IpReader } from "../../src/formats/explain_readers.ts";
import { ipBootParam, listIpNameservers } from "../../src/formats/ip_param.ts";
import { parseNics } from "../../src/formats/nic.ts";
import { parseCidr, printIpv4Mask } from "../../src/ip/address.ts";
import { run, vmconf } from "../child.ts";
import { noConsumers, runInConsumers } from "../consumers/consumers.ts";
import { testUnless } from "../integration/sandbox.ts";
import { countSteps } from "../steps.ts";
import { CASES } from "./cases.ts";
import { HOSTILE } from "./hostile.ts";
import { validConfs } from "./valid_confs.ts";

const GOOD = "10.0.0.2::10.0.0.1:255.255.255.0::eth0:off";

/** The fields that are not empty. */
function listFields(value: string): Record<string, string> {
  return Object.fromEntries(
    explainIp(value).fields.filter(({ value }) => value !== "")
      .map(({ name, value }) => [name, value]),
  );
}

function getVerdict(value: string, reader: IpReader): string | undefined {
  return explainIp(value).readings.find((reading) => reading.reader === reader)
    ?.verdict;
}

Deno.test("the fields are named, and a MAC is one of them", () => {
  assertEquals(
    listFields(
      "[fd00::2]:[fd00::3]:[fd00::1]:64:vm:eth0:off:1400:02:00:00:00:00:01",
    ),
    {
      client: "[fd00::2]",
      server: "[fd00::3]",
      gateway: "[fd00::1]",
      netmask: "64",
      hostname: "vm",
      device: "eth0",
      autoconf: "off",
      mtu: "1400",
      mac: "02:00:00:00:00:01",
    },
  );
  assertEquals(listFields("dhcp"), { autoconf: "dhcp" });
  assertEquals(listFields("eth0:dhcp:1400"), {
    device: "eth0",
    autoconf: "dhcp",
    mtu: "1400",
  });
  const { dns0, dns1, ntp0, extra } = listFields(`${GOOD}:1.1.1.1::1.1.1.3:x`);
  assertEquals([dns0, dns1, ntp0, extra], [
    "1.1.1.1",
    undefined,
    "1.1.1.3",
    "x",
  ]);
});

Deno.test("every reader reads the ip= of any configuration as written", () => {
  let written = 0;
  fc.assert(
    fc.property(validConfs, ([conf]) => {
      assert(conf);
      let value;
      try {
        value = ipBootParam(conf);
      } catch (error) {
        if (!(error instanceof VmConfError)) throw error;
        return;
      }
      written++;
      const ipv4 = conf.vmIpConfigs.find(({ address }) =>
        address.includes(".")
      );
      const cidr = parseCidr(ipv4?.address ?? "");
      const [dns0, dns1] = parseNics([conf]).flatMap(listIpNameservers);
      const wanted = {
        client: cidr?.text,
        gateway: ipv4?.gateway,
        netmask: printIpv4Mask(cidr?.prefixLength ?? 0),
        device: conf.vmIfName,
        autoconf: "off",
        dns0,
        dns1,
      };
      assertEquals(listFields(value), JSON.parse(JSON.stringify(wanted)));
      const { readings } = explainIp(value);
      assertEquals(readings.flatMap(({ remarks }) => remarks), []);
    }),
    { numRuns: 500 },
  );
  assert(written > 50, `only ${written} were written`);
});

Deno.test("the reader of a dialect reads what is written in it as written", () => {
  for (const dialect of ["dracut", "systemd", "networkmanager"] as const) {
    for (const confs of Object.values(CASES)) {
      const [file] = dracut.render(confs, { dialect }).files;
      for (const { readings } of explainLine(file?.text ?? "").parameters) {
        const reading = readings.find(({ reader }) => reader === dialect);
        assertEquals(reading?.remarks, []);
      }
    }
  }
});

/** Lines of which readers make different things. */
const LINES: readonly string[] = [
  GOOD,
  `${GOOD}:10.0.0.53:10.0.0.54`,
  `${GOOD}:1.1.1.1:1.1.1.2:1.1.1.3`,
  `${GOOD}:`,
  `${GOOD}::`,
  `${GOOD}:::`,
  `${GOOD}:1400`,
  `${GOOD}:1400:02:00:00:00:00:01`,
  `${GOOD}::02:00:00:00:00:01`,
  "10.0.0.2:::255.255.255.254::eth0:off",
  "10.0.0.2::10.0.0.3:255.255.255.254::eth0:off",
  "10.0.0.2::169.254.1.1:255.255.255.255::eth0:off",
  "10.0.0.2::10.9.0.1:255.255.255.0::eth0:off",
  "10.0.0.2::10.0.0.255:255.255.255.0::eth0:off",
  "10.0.0.2::10.0.0.2:255.255.255.0::eth0:off",
  "10.0.0.2::<nil>:255.255.255.0::eth0:off",
  "10.0.0.2::10.0.0.1:24::eth0:off",
  "10.0.0.2::10.0.0.1:::eth0:off",
  "10.0.0.2::10.0.0.1:0.0.0.0::eth0:off",
  "10.0.0.2::10.0.0.1:255.0.255.0::eth0:off",
  "10.0.0.2::10.0.0.1:255.255.255.0:vm.example.com:eth0:off",
  "10.0.0.2::10.0.0.1:255.255.255.0::eth0",
  "10.0.0.2::10.0.0.1:255.255.255.0::eth0:static",
  "10.0.0.2::10.0.0.1:255.255.255.0::eth0:none",
  "[fd00::2]::[fd00::1]:64::eth0:off",
  "fd00::2::fd00::1:64::eth0:off",
  "300.0.0.2::10.0.0.1:255.255.255.0::eth0:off",
];

/** Of each reader, shell commands that fail if it refuses `$line`. */
const READS = {
  klibc: '/usr/lib/klibc/bin/ipconfig -t 2 "$line"',
  systemd:
    'rm -rf /tmp/root; /lib/systemd/systemd-network-generator --root=/tmp/root -- "ip=$line"',
  networkmanager:
    "/usr/lib/NetworkManager/nm-initrd-generator -s -- \"ip=$line\" 2>&1 | grep -q 'Connection '",
} as const;

for (const reader of ["klibc", "systemd", "networkmanager"] as const) {
  testUnless(
    noConsumers,
    `${reader} refuses the lines for which we say so, and no others`,
    async () => {
      const { stdout } = await runInConsumers(
        [{ name: "lines", text: LINES.map((line) => `${line}\n`).join("") }],
        `while read -r line; do
  ip addr flush dev eth0
  if { ${READS[reader]}; } >/tmp/log 2>&1 </dev/null
  then echo read
  else echo refused
  fi
done <lines`,
        `ip link add eth0 type veth peer name peer0
ip link set peer0 up`,
      );
      const found = stdout.trim().split("\n");
      assertEquals(
        LINES.map((line, index) => `${line} ${found[index]}`),
        LINES.map((line) =>
          `${line} ${
            getVerdict(line, reader) === "refused" ? "refused" : "read"
          }`
        ),
      );
    },
  );
}

Deno.test("what the kernel was observed to read differently is reported", () => {
  for (
    const line of [
      "10.0.0.2::169.254.1.1:255.255.255.255::eth0:off",
      "10.0.0.2:::0.0.0.0::eth0:off",
      "10.0.0.2::10.0.0.3:255.255.255.254::eth0:off",
      "10.0.0.2::192.0.2.1:255.255.255.0::eth0:off",
      "10.0.0.2::10.0.0.255:255.255.255.0::eth0:off",
      "10.0.0.2::10.0.0.2:255.255.255.0::eth0:off",
      "[fd00::2]::[fd00::1]:64::eth0:off",
      "10.0.0.2::10.0.0.1:24::eth0:off",
      "10.0.0.2::<nil>:255.255.255.0::eth0:off",
      `${GOOD}:1400:02:00:00:00:00:01`,
    ]
  ) assertEquals(getVerdict(line, "kernel"), "differently", line);
  assertEquals(getVerdict(`${GOOD}:::`, "kernel"), "as-written");
});

Deno.test("each ip= of a line is explained, unless it is for init", () => {
  const { parameters } = explainLine(
    `root=/dev/vda "ip=${GOOD}" a="x -- y" nfsaddrs="${GOOD}:" -- ip=dhcp`,
  );
  assertEquals(parameters.map(({ value }) => value), [GOOD, `${GOOD}:`]);
});

Deno.test("of several ip=, the kernel uses the last one, and dracut one for each device", () => {
  const verdicts = (line: string) =>
    explainLine(line).parameters.map(({ readings }) =>
      readings.map(({ verdict }) => verdict)
    );
  const all = Array(5).fill("as-written");
  const first = ["refused", "refused", ...all.slice(2)];
  assertEquals(
    verdicts(`ip=${GOOD} ip=${GOOD.replace("eth0", "eth1")}`),
    [first, all],
  );
  assertEquals(
    verdicts(`ip=${GOOD} ip=${GOOD}`).map((found) => found[2]),
    ["refused", "refused"],
  );
});

Deno.test("a line that the kernel would cut is said to be too long", () => {
  assertEquals(explainLine(`ip=${GOOD}`).remarks, []);
  assertEquals(explainLine(`ip=${GOOD} ${"x".repeat(2048)}`).remarks.length, 1);
});

Deno.test("a line without ip=, or with an open quote, is refused", () => {
  for (const line of ["", "quiet", "-- ip=dhcp", 'a="b ip=dhcp', GOOD]) {
    const { code } = assertThrows(() => explainLine(line), VmConfError);
    assertEquals(code, "invalid-option", line);
  }
});

Deno.test("a hostile line is explained or refused, and says nothing to a terminal", async () => {
  for (const text of HOSTILE) {
    try {
      explainLine(`ip=${text}`);
      explainLine(`ip=10.0.0.2:::255.255.255.0::${text}:off`);
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
    }
  }
  const line = "ip=10.0.0.2:::255.255.255.0::eth\x1b[2J:off";
  const { code, stdout } = await run(vmconf([], "explain", line));
  assertEquals([code, stdout.includes("\x1b")], [0, false]);
});

Deno.test("130,000 fields are explained, each of them", async () => {
  const line = `ip=${":".repeat(129_999)}`;
  const { code, stdout } = await run(vmconf([], "explain", line));
  assertEquals(code, 0);
  assertEquals(stdout.match(/^ +\d+ /gm)?.length, 130_000);
});

Deno.test("twice as many ip= or fields are twice the work", () => {
  const lines: Record<string, (count: number) => string> = {
    "fields": (count) => `ip=${":".repeat(count)}`,
    "devices": (count) =>
      Array.from(
        { length: count },
        (_, index) => `ip=${GOOD.replace("eth0", `eth${index}`)}`,
      ).join(" "),
    "one device again and again": (count) => `ip=${GOOD} `.repeat(count),
  };
  for (const [name, lineOf] of Object.entries(lines)) {
    const [once = 0, twice = 0] = [500, 1000].map((count) =>
      countSteps(() => explainLine(lineOf(count)))
    );
    assert(twice / once < 2.2, `${name}: ${twice / once}`);
  }
});

Deno.test("a line is read from standard input too, with no permission", async () => {
  const { code, stdout } = await run(vmconf([], "explain", "--json"), {
    stdin: `quiet ip=${GOOD}\n`,
  });
  assertEquals(code, 0);
  assertEquals(JSON.parse(stdout), explainLine(`ip=${GOOD}`));
});
