/** glibc's resolver reads what is written, and a nameserver hears what it asks. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as resolvConf from "../../src/formats/resolv_conf.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { denoRun, notInstalled } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { HOSTILE, makeHostileConfs } from "./hostile.ts";
import type { Asked } from "./resolver_probe.ts";

const noResolver = noSandbox ?? await notInstalled("getent");

function renderText(confs: readonly StaticNetworkConf[]): string {
  return resolvConf.render(confs).files[0]?.text ?? "";
}

/** RFC 1035, section 4.1.1: what the nameservers answer to everything. */
const RCODES = { serverFailure: 2, noSuchName: 3 };

/** What the resolver asks the servers if it is to look names up. */
async function askResolver(
  confs: readonly StaticNetworkConf[],
  servers: readonly string[],
  rcode: keyof typeof RCODES,
  ...names: string[]
): Promise<Asked[]> {
  const addresses = servers.map((server) => {
    const [address] = server.split("%");
    return address?.includes(":")
      ? `ip address add ${address}/64 dev eth0 nodad`
      : `ip address add ${address}/24 dev eth0`;
  });
  const setup = `ip link add name eth0 type veth peer name peer0
ip link set peer0 up
ip link set eth0 up
ip address add 10.0.0.2/24 dev eth0
${addresses.join("\n")}
cat > /run/resolv.conf
echo hosts: dns > /run/nsswitch.conf
for file in resolv.conf nsswitch.conf; do
  target=$(readlink -m /etc/$file)
  mkdir -p "$(dirname "$target")"
  [ -e "$target" ] || : > "$target"
  mount --bind /run/$file "$target"
done`;
  const { code, stdout, stderr } = await inSandbox(
    setup,
    denoRun(
      ["--allow-net", "--allow-run=getent"],
      "tests/formats/resolver_probe.ts",
      `${RCODES[rcode]}`,
      servers.join(),
      ...names,
    ),
    { stdin: renderText(confs) },
  );
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

Deno.test("the domain is searched first, and there is no line of its own", () => {
  const { files, lost } = resolvConf.render([FULL]);
  assertEquals(files, [{
    name: "resolv.conf",
    text: `search vm.example.com example.com example.org
nameserver 10.0.0.53
nameserver fd00::53
nameserver 10.0.0.54
options ndots:2 edns0
`,
  }]);
  assertEquals(lost, []);
});

Deno.test("without anything to say it is empty", () => {
  assertEquals(renderText(CASES.twoNics.slice(1)), "");
});

/** The second interface of the VM, with a resolver of its own. */
function second(conf: Partial<StaticNetworkConf>): StaticNetworkConf {
  const [, second] = CASES.twoNics;
  assert(second);
  return { ...second, ...conf };
}

Deno.test("several interfaces share one resolver, and nothing is there twice", () => {
  const { files, lost } = resolvConf.render([
    FULL,
    second({
      vmNameservers: ["10.0.0.53", "10.0.0.55"],
      vmSearchDomains: ["example.org", "example.net"],
      vmResolverOptions: ["edns0", "ndots:5", "rotate"],
    }),
  ]);
  assertEquals(
    files[0]?.text,
    `search vm.example.com example.com example.org example.net
nameserver 10.0.0.53
nameserver fd00::53
nameserver 10.0.0.54
options ndots:2 edns0 rotate
`,
  );
  assertEquals(lost.map(({ field, value }) => [field, value]), [
    ["confs[1].vmNameservers[1]", "10.0.0.55"],
    ["confs[1].vmResolverOptions[1]", "ndots:5"],
  ]);
});

testUnless(
  noResolver,
  "glibc asks three nameservers in their order, and never a fourth",
  async () => {
    const vmNameservers = ["10.0.0.53", "fd00::53", "10.0.0.54", "10.0.0.55"];
    const conf = { ...FULL, vmNameservers, vmResolverOptions: ["attempts:1"] };
    assertEquals(
      (await askResolver([conf], vmNameservers, "serverFailure", "host."))
        .map(({ server }) => server),
      vmNameservers.slice(0, 3),
    );
    assertEquals(resolvConf.render([conf]).lost.map(({ field }) => field), [
      "vmNameservers[3]",
    ]);
  },
);

testUnless(
  noResolver,
  "glibc searches every domain, and does as the options say",
  async () => {
    const vmSearchDomains = [..."abcdefgh"].map((letter) =>
      `${letter}.example`
    );
    const conf = { ...FULL, vmSearchDomains };
    const questions = await askResolver(
      [conf],
      ["10.0.0.53"],
      "noSuchName",
      "a.host",
    );
    assertEquals(
      questions.map(({ name }) => name),
      [
        ...["vm.example.com", ...vmSearchDomains].map((name) =>
          `a.host.${name}`
        ),
        "a.host",
      ],
    );
    assert(questions.every(({ edns }) => edns));
    const without = await askResolver(
      [{ ...conf, vmResolverOptions: [] }],
      ["10.0.0.53"],
      "noSuchName",
      "a.host",
    );
    assertEquals([without[0]?.name, without[0]?.edns], ["a.host", false]);
  },
);

for (const [name, confs] of Object.entries(CASES)) {
  testUnless(noResolver, `glibc asks the nameservers of ${name}`, async () => {
    const servers = confs.flatMap(({ vmNameservers }) => vmNameservers);
    const questions = await askResolver(
      confs,
      servers,
      "serverFailure",
      "host.",
    );
    assertEquals(
      [...new Set(questions.map(({ server }) => server))],
      servers,
    );
  });
}

testUnless(
  noResolver,
  "glibc reaches a link-local nameserver by its interface",
  async () => {
    const conf = { ...FULL, vmNameservers: ["fe80::53"] };
    const server = "fe80::53%eth0";
    assert(renderText([conf]).includes(`\nnameserver ${server}\n`));
    assertEquals(
      await askResolver([conf], [server], "noSuchName", "host."),
      [{ server, name: "host", edns: true }],
    );
  },
);

Deno.test("a name that would end the nameserver's line is refused", () => {
  const conf = { ...FULL, vmIfName: "a#b", vmNameservers: ["fe80::53"] };
  const error = assertThrows(() => resolvConf.render([conf]), VmConfError);
  assertEquals([error.code, error.path], ["invalid-conf", "conf.vmIfName"]);
});

Deno.test("a hostile value is refused with its path, or is a word of its own", () => {
  for (const { field, value, conf } of makeHostileConfs()) {
    try {
      const lines = renderText([conf]).trimEnd().split("\n");
      const { vmDomain, vmSearchDomains, vmNameservers, vmResolverOptions } =
        conf;
      const search = [vmDomain, ...vmSearchDomains].filter(Boolean);
      assertEquals(lines.map((line) => line.split(" ")), [
        ["search", ...new Set(search)],
        ...vmNameservers.map((server) => ["nameserver", server]),
        ["options", ...vmResolverOptions],
      ]);
    } catch (error) {
      assert(error instanceof VmConfError, `${field} ${value}: ${error}`);
      assertEquals(error.path, `conf.${field}`);
    }
  }
});

testUnless(
  noResolver,
  "glibc searches each domain that is not refused by its very name",
  async () => {
    const domains = HOSTILE.flatMap((text) => [text, `example.com${text}`])
      .filter((domain) => {
        try {
          return renderText([{ ...FULL, vmSearchDomains: [domain] }]);
        } catch {
          return false;
        }
      });
    assert(domains.length > 5);
    const { vmDomain: _, ...conf } = { ...FULL, vmSearchDomains: domains };
    const questions = await askResolver(
      [conf],
      ["10.0.0.53"],
      "noSuchName",
      "host",
    );
    assertEquals(
      questions.map(({ name }) => name),
      [...domains.map((domain) => `host.${domain.replace(/\.$/, "")}`), "host"],
    );
  },
);
