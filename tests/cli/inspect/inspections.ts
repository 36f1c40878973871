/** Results for the tests of every view. */
import { repositoryPath } from "../../child.ts";

/** A result that a real chain printed, and that converts. */
export const GENUINE = await Deno.readTextFile(
  repositoryPath("tests/vectors/real/ptp4.json"),
);

/** A result with nearly every kind of fault. */
export const FAULTY = JSON.stringify({
  cniVersion: "1.0.0",
  interfaces: [
    { name: "tap0", sandbox: "/run/netns/a" },
    { name: "tap0", sandbox: "vm-1", mac: "zz" },
  ],
  ips: [
    { interface: 1, address: "10.0.0.2" },
    { interface: 7, address: "10.0.1.2/24", gateway: "10.0.1.1/24" },
    { address: "fd00::1/64", gateway: "fe80::1" },
  ],
  routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1400 }, { dst: 5 }],
  dns: { nameservers: ["dns.example"] },
});

/** A text that is not JSON. */
export const NO_JSON = `{
  "cniVersion": "1.0.0",
  "interfaces": [
    {"name": "tap0",, "sandbox": "x"}
  ]
}
`;

/** Texts that try to break out of a view. */
export const HOSTILE: readonly string[] = [
  "",
  " ",
  "a b",
  '"',
  "\\",
  "\\n",
  "\x1b[2J\x07\r\n\t\0",
  "\u202eevil\u2066",
  "שלום عربي",
  "Z\u0337\u0359a\u0334\u0338",
  "👩\u200d👩\u200d👧🇩🇪❤\ufe0f",
  "名前".repeat(60),
  "x".repeat(100_000),
  "\ud800",
  "\u{1242b}\ufdfd",
  "</text><script>alert(1)</script>",
  "]]>&amp;<!--",
  "`**md**` _x_ [a](javascript:alert(1))",
  "#quot;#35;",
  '"]; click if0 href "javascript:alert(1)"',
  "%%{init: {}}%%",
  "$$x$$",
  "end",
  "1. list",
  "- list",
  "--> if0",
];

/** A result that contains a text in each place for a text. */
export function createResult(text: string): string {
  return JSON.stringify({
    cniVersion: text,
    interfaces: [
      { name: text, sandbox: "/run/netns/a", mac: text, pciID: text },
      { name: text, sandbox: "vm-1", socketPath: text },
      { name: "eth0", sandbox: text },
    ],
    ips: [
      { interface: 1, address: text, gateway: text },
      { address: text },
    ],
    routes: [{ dst: text, gw: text }],
    dns: { nameservers: [text], domain: text, search: [text], options: [text] },
  });
}
