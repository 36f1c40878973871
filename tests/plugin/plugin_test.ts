/** The plugin on a link made by hand, called as a runtime calls it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { isRoot, testUnless } from "../integration/sandbox.ts";
import {
  buildConfig,
  expectFailure,
  noPlugin,
  PREV_RESULT,
  runScript,
  runScriptJson,
  VETH,
} from "./scenario.ts";

testUnless(
  noPlugin,
  "ADD gives the result a tap, the VM's pseudo-interface, and a copy of each of its addresses",
  async () => {
    const [result] = await runScriptJson(
      `${VETH} plugin ADD '${buildConfig()}'`,
    );
    assertEquals(result, {
      cniVersion: "1.0.0",
      interfaces: [
        ...PREV_RESULT.interfaces,
        { name: "tap0", sandbox: "/run/netns/a" },
        { name: "tap0", mac: "02:00:00:00:00:01", sandbox: "vm-1" },
      ],
      ips: [
        ...PREV_RESULT.ips,
        { interface: 4, address: "10.0.0.2/24", gateway: "10.0.0.1" },
        { interface: 4, address: "fd00::2/64" },
      ],
      routes: PREV_RESULT.routes,
    });
  },
);

testUnless(
  noPlugin,
  "ADD answers in the configuration's version, with the MTU from 1.1.0 on",
  async () => {
    const versions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];
    const results = await runScriptJson(
      VETH + versions.map((cniVersion) => `
      plugin ADD '${buildConfig({ cniVersion })}'
      plugin DEL '${buildConfig({ cniVersion })}'
    `).join(""),
    );
    assertEquals(results.map(({ cniVersion }) => cniVersion), versions);
    const vms = results.map(({ interfaces }) => interfaces.at(-1).mtu);
    assertEquals(vms, [undefined, undefined, undefined, undefined, 1412]);
    const [oldest] = results;
    assertEquals(oldest.ips.at(-2).version, "4");
    assertEquals(oldest.ips.at(-1).version, "6");
  },
);

testUnless(
  noPlugin,
  "the tap is the caller's, persistent, up, and has the MTU of the link",
  async () => {
    const [, [tap]] = await runScriptJson(
      `${VETH} plugin ADD '${buildConfig()}'; ip -n a -j -d link show dev tap0`,
    );
    assertEquals(tap.mtu, 1412);
    assertEquals(tap.flags.includes("UP"), true);
    const { type, persist, vnet_hdr, multi_queue } = tap.linkinfo.info_data;
    assertEquals([type, persist, vnet_hdr, multi_queue], [
      "tap",
      true,
      true,
      false,
    ]);
  },
);

const OWNERS: [string, string, string, [string, number, number]][] = [
  [
    "the configuration",
    "",
    buildConfig({ tapName: "vmtap", tapUID: 1234, tapGID: 0 }),
    ["vmtap", 1234, 0],
  ],
  [
    "CNI_ARGS, which takes precedence over the configuration",
    "TC_REDIRECT_TAP_NAME=fc0;IgnoreUnknown=1;K8S_POD_NAME=p=q;TC_REDIRECT_TAP_UID=1001;TC_REDIRECT_TAP_GID=1002",
    buildConfig({ tapName: "vmtap", tapUID: 1234 }),
    ["fc0", 1001, 1002],
  ],
  [
    "a pattern, of which the kernel uses the next free name",
    "TC_REDIRECT_TAP_NAME=fc%d",
    buildConfig(),
    ["fc0", 0, 0],
  ],
];

const noOwners = noPlugin ??
  (isRoot ? undefined : "a user namespace has one user only");

for (const [source, args, given, expected] of OWNERS) {
  testUnless(noOwners, `name and owner are from ${source}`, async () => {
    const [result, owner, group] = await runScriptJson(`${VETH}
      CNI_ARGS='${args}' plugin ADD '${given}'
      tap=/sys/class/net/${expected[0]}
      nsenter --net=/run/netns/a sh -c '
        mount -t sysfs sysfs /sys; cat "$1/owner" "$1/group"' sh $tap
    `);
    assertEquals(
      [result.interfaces.at(-1).name, owner, group],
      expected as unknown[],
    );
  });
}

testUnless(
  noPlugin,
  "CHECK succeeds after ADD, and reports everything that is missing",
  async () => {
    const { stdout } = await runScript(`${VETH}
      plugin ADD '${buildConfig()}' >/run/result
      check() {
        echo "== $1"
        plugin CHECK "$(jq --slurpfile previous /run/result \\
          '.prevResult = $previous[0]' /run/config)" | jq -r .msg
      }
      echo '${buildConfig()}' >/run/config
      check whole
      tc -n a filter del dev tap0 ingress
      check "without a filter"
      tc -n a qdisc del dev eth0 ingress
      check "and without a qdisc"
      ip -n a link del tap0
      check "and without the tap"
      ip -n a link del eth0
      check "and without the link"
    `);
    assertEquals(
      stdout,
      `== whole
== without a filter
did not find expected filter on device "tap0": none redirects to "eth0"
== and without a qdisc
did not find expected filter on device "tap0": none redirects to "eth0"
did not find expected Qdisc on device "eth0"
== and without the tap
did not find expected network device with name "tap0"
did not find expected Qdisc on device "eth0"
== and without the link
did not find expected network device with name "tap0"
did not find expected network device with name "eth0"
`,
    );
  },
);

testUnless(
  noPlugin,
  "CHECK does not take another device of the tap's name for the tap",
  async () => {
    const [result, failure] = await runScriptJson(`${VETH}
      plugin ADD '${buildConfig()}' | tee /run/result
      ip -n a link del tap0
      ip -n a link add tap0 type veth peer name other
      ${
      expectFailure(
        `plugin CHECK "$(echo '${buildConfig()}' |
          jq --slurpfile previous /run/result '.prevResult = $previous[0]')"`,
      )
    }
    `);
    assertEquals(result.cniVersion, "1.0.0");
    assertEquals(failure.code, 101);
    assertStringIncludes(
      failure.msg,
      'expected "tap0" to be a tap, found veth',
    );
  },
);

const LISTING = `
listing() { ip -n a -o link; tc -n a qdisc; ip -n a -o addr; ls /run/netns; }
`;

testUnless(
  noPlugin,
  "DEL leaves the namespace as it was before ADD, with and without a result",
  async () => {
    const { code, stdout, stderr } = await runScript(`${VETH}${LISTING}
      listing >/run/before
      plugin ADD '${buildConfig()}' >/run/result
      plugin DEL "$(echo '${buildConfig()}' |
        jq --slurpfile previous /run/result '.prevResult = $previous[0]')"
      listing | diff /run/before -
      plugin ADD '${buildConfig()}' >/run/result
      plugin DEL '${buildConfig({ prevResult: undefined })}'
      listing | diff /run/before -
    `);
    assertEquals([code, stdout, stderr], [0, "", ""]);
  },
);

const HALVES: Record<string, string> = {
  "a second time": 'plugin DEL "$config"',
  "without the tap": "ip -n a link del tap0",
  "without the link": "ip -n a link del eth0",
  "without the qdiscs":
    "tc -n a qdisc del dev eth0 ingress; tc -n a qdisc del dev tap0 ingress",
  "without the namespace": "ip netns del a",
  "with a file where the namespace was": "ip netns del a; touch /run/netns/a",
  "without a folder of namespaces":
    "ip netns del a; umount /run/netns; rm -r /run/netns",
  "without CNI_NETNS": "unset CNI_NETNS",
};

for (const [half, script] of Object.entries(HALVES)) {
  testUnless(noPlugin, `DEL succeeds ${half}`, async () => {
    const { code, stdout, stderr } = await runScript(`${VETH}
      plugin ADD '${buildConfig()}' >/run/result
      config=$(echo '${buildConfig()}' |
        jq --slurpfile previous /run/result '.prevResult = $previous[0]')
      ${script}
      plugin DEL "$config"
      plugin DEL "$config"
    `);
    assertEquals([code, stdout, stderr], [0, "", ""]);
  });
}

testUnless(
  noPlugin,
  "DEL keeps what others made: filters, and a device with the tap's name",
  async () => {
    const { code, stdout, stderr } = await runScript(`${VETH}${LISTING}
      plugin ADD '${buildConfig()}' >/run/result
      tc -n a qdisc del dev eth0 ingress
      ip -n a link del tap0
      tc -n a qdisc add dev eth0 ingress
      tc -n a filter add dev eth0 ingress u32 match u8 0 0 flowid 1:1
      ip -n a link add tap0 type veth peer name other
      listing >/run/before
      plugin DEL "$(echo '${buildConfig()}' |
        jq --slurpfile previous /run/result '.prevResult = $previous[0]')"
      listing | diff /run/before -
    `);
    assertEquals([code, stdout, stderr], [0, "", ""]);
  },
);

testUnless(
  noPlugin,
  "two interfaces of a namespace have a tap each, and DEL of one keeps the other",
  async () => {
    const [first, second, qdiscs, links] = await runScriptJson(`${VETH}
      ip -n a link add eth1 mtu 9000 type veth peer name v1
      plugin ADD '${buildConfig()}' | jq .interfaces[-1].name
      CNI_IFNAME=eth1 plugin ADD '${buildConfig()}' | jq .interfaces[-1].name
      CNI_IFNAME=eth0 plugin DEL '${buildConfig()}'
      tc -n a -j qdisc show ingress | jq '[.[].dev]'
      ip -n a -j link | jq '[.[] | {(.ifname): .mtu}] | add'
    `);
    assertEquals([first, second], ["tap0", "tap1"]);
    assertEquals(qdiscs, ["eth1", "tap1"]);
    assertEquals([links.tap0, links.tap1], [undefined, 9000]);
  },
);

const REFUSED: [string, string, string, string][] = [
  [
    "a link that is redirected already",
    `plugin ADD '${buildConfig()}' >/dev/null`,
    buildConfig(),
    'cannot add the tap: failed to add ingress qdisc to device "eth0": it has an ingress or clsact qdisc already',
  ],
  [
    "a link with another's clsact qdisc",
    "tc -n a qdisc add dev eth0 clsact",
    buildConfig(),
    'cannot add the tap: failed to add ingress qdisc to device "eth0": it has an ingress or clsact qdisc already',
  ],
  [
    "a name that is taken",
    "",
    buildConfig({ tapName: "v0" }),
    'cannot add the tap: failed to create tap device "v0": device or resource busy',
  ],
  [
    "another's tap",
    "ip -n a tuntap add dev vmtap mode tap",
    buildConfig({ tapName: "vmtap" }),
    'cannot add the tap: failed to create tap device "vmtap": device or resource busy',
  ],
  [
    "an MTU that no tap can have",
    "ip -n a link set eth0 mtu 65535",
    buildConfig(),
    'cannot add the tap: failed to set device "tap0" up with MTU 65535: Invalid input data or parameter',
  ],
  [
    "a link that is not there",
    "ip -n a link del eth0",
    buildConfig(),
    'failed to find redirect interface "eth0": did not find expected network device with name "eth0"',
  ],
];

for (const [what, script, given, message] of REFUSED) {
  testUnless(
    noPlugin,
    `ADD refuses ${what}, and leaves nothing behind`,
    async () => {
      const { stdout, stderr } = await runScript(`${VETH}${LISTING}
        ${script}
        listing >/run/before
        ${expectFailure(`plugin ADD '${given}' >/run/failure`)}
        listing | diff /run/before -
        jq -r .code,.msg /run/failure
      `);
      assertEquals([stdout, stderr], [`1\n100\n${message}\n`, ""]);
    },
  );
}

testUnless(
  noPlugin,
  "STATUS and GC print nothing if there is no problem",
  async () => {
    const { code, stdout, stderr } = await runScript(`
      plugin STATUS '${buildConfig({ cniVersion: "1.1.0" })}'
      unset CNI_CONTAINERID CNI_NETNS CNI_IFNAME
      plugin GC '${
      buildConfig({
        cniVersion: "1.1.0",
        "cni.dev/valid-attachments": [{ containerID: "a", ifname: "eth0" }],
      })
    }'
    `);
    assertEquals([code, stdout, stderr], [0, "", ""]);
  },
);
