/** Every error, as text and as JSON. */
import { assertEquals } from "@std/assert";
import { quoteShellWord } from "../../src/formats/shell_words.ts";
import { ERROR_CODES, type ErrorCode } from "../../mod.ts";
import { findSupporters } from "../../src/formats/alternatives.ts";
import {
  fixedPermissions,
  type Outcome,
  repositoryPath,
  run,
  vmconf,
} from "../child.ts";
import { hideLibnl, libnlPath } from "../integration/libraries.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

interface Case {
  /** The arguments of the command. */
  readonly args: readonly string[];
  /** The permissions, and the script that prepares a sandbox, if any. */
  readonly permissions?: readonly string[];
  readonly stdin?: string;
  readonly sandbox?: string;
  /** A command that runs the command line. */
  readonly before?: readonly string[];
  /** The exit code, if it is not 1. */
  readonly exitCode?: number;
  /** The lines of standard error, without `vmconf: `. */
  readonly lines: readonly string[];
  readonly path?: string;
  /** Why a binary cannot fail in this way, if it cannot. */
  readonly notOfBinary?: string;
}

const CONVERT = ["convert", "--container-id=vm-1", "--mtu=1500"];
const LO = ["mtu", "/proc/self/ns/net", "lo"];
const DO_WITHOUT =
  'Or do without the kernel: --mtu N or --mtu result (in code: options.mtu, a number or "result").';

function result(changes: object): string {
  return JSON.stringify({
    cniVersion: "1.1.0",
    interfaces: [
      { name: "tap0", sandbox: "/run/netns/a" },
      { name: "tap0", sandbox: "vm-1" },
    ],
    ips: [{ interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" }],
    ...changes,
  });
}

const DIRS = [
  "--conf-dir=/run/net.d",
  "--bin-dir=/run/bin",
  "--cache-dir=/run/cni",
];
const ADD = ["add", "mynet", "--id=vm-1", ...DIRS];

/** A network of one plugin, which is a shell script. */
function network(script: string, type = "plugin"): string {
  return `mkdir /run/net.d /run/bin
cat > /run/bin/plugin <<'END'
#!/bin/sh
[ $CNI_COMMAND = ADD ] || exit 0
${script}
END
chmod +x /run/bin/plugin
cat > /run/net.d/mynet.conflist <<'END'
{"cniVersion": "1.0.0", "name": "mynet", "plugins": [{"type": "${type}"}]}
END`;
}

/** Process ids differ between runs. */
function hidePids(text: string): string {
  return text.replaceAll(/\d+ \(flock\)(, \d+ \(\w+\))*/g, "PID (flock)");
}

const CASES: Readonly<Record<ErrorCode, Case>> = {
  "invalid-json": {
    args: CONVERT,
    stdin: '{\n  "cniVersion": "1.0.0",\n}',
    lines: [
      'error: Cannot parse the JSON text: line 3, column 1: expected a member\'s name in double quotes, found "}"',
      "hint: Give one JSON document, exactly as it was printed.",
    ],
  },
  "too-long": {
    args: [...CONVERT, "--max-length=10"],
    stdin: result({}),
    lines: [
      "error: Cannot parse the JSON text: expected at most 10 characters, found more",
      "hint: A CNI result has a few thousand. --max-length N allows more (in code: options.maxLength).",
    ],
  },
  "unsupported-version": {
    args: CONVERT,
    stdin: result({ cniVersion: "2.0.0" }),
    lines: [
      'error: unsupported CNI result version "2.0.0"',
      "hint: Supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0.",
    ],
    path: "result.cniVersion",
  },
  "invalid-result": {
    args: CONVERT,
    stdin:
      '{"cniVersion":"1.0.0","dns":7,"ips":[{"address":"10.0.0.2"}],"interfaces":[{"name":5}]}',
    lines: [
      "error: result.dns: expected an object, found 7",
      'error: result.ips[0].address: expected an address with prefix length such as "10.0.0.2/24", found "10.0.0.2"',
      "error: result.interfaces[0].name: expected a string, found 5",
      "hint: See the CNI specification, section 5 (Result Types).",
    ],
    path: "result.dns",
  },
  "no-pair": {
    args: ["convert", "--container-id=vm-2", "--mtu=1500"],
    stdin: result({}),
    lines: [
      'error: did not find expected network device with name "pseudo-device for vm-2"',
      'hint: No interface has the sandbox "vm-2". Is the container id right? Sandboxes of this result: "/run/netns/a", "vm-1".',
    ],
    path: "result.interfaces",
  },
  "no-ip": {
    args: CONVERT,
    stdin: result({ ips: [] }),
    lines: [
      'error: expected to find 1 IP for vm interface "tap0", but instead found []',
      "hint: At least one entry must have the index of the VM's pseudo-interface as its interface.",
    ],
    path: "result.ips",
  },
  "invalid-mac": {
    args: CONVERT,
    stdin: result({
      interfaces: [
        { name: "tap0", sandbox: "/run/netns/a" },
        { name: "tap0", sandbox: "vm-1", mac: "\u001b[2J" },
      ],
    }),
    lines: [
      'error: result.interfaces[1].mac: expected six bytes such as "02:00:00:00:00:01", found "\\x1b[2J"',
      "hint: No VMM could give the guest this MAC.",
    ],
    path: "result.interfaces[1].mac",
  },
  "invalid-mtu": {
    args: ["convert", "--container-id=vm-1", "--mtu=result"],
    stdin: result({}),
    lines: [
      "error: result.interfaces[0].mtu: expected an MTU of 68 to 65535 bytes, found nothing",
      "hint: Results before CNI 1.1 have no MTU, and many plugins leave it out. Take the MTU from the kernel, or give the number.",
    ],
    path: "result.interfaces[0].mtu",
  },
  "invalid-conf": {
    args: [...CONVERT, "--format=ip", "--if-name=eth0 rdinit=/bin/sh"],
    stdin: result({}),
    lines: [
      'error: conf.vmIfName: expected a device\'s name: 1 to 15 printable characters without space, slash, colon and percent sign, and not "lo", such as "eth0", found "eth0 rdinit=/bin/sh"',
      "hint: No format can write it safely. Correct the value.",
    ],
    path: "conf.vmIfName",
  },
  "invalid-option": {
    args: [...CONVERT, "--format=ip", "--boot-args=quiet ip=dhcp"],
    stdin: result({}),
    lines: [
      'error: options.bootArgs: expected no ip= beside the one that vmconf adds, found "ip=dhcp"',
      "hint: The kernel uses only the last ip=. Remove the other one.",
    ],
    path: "options.bootArgs",
  },
  "left-out": {
    args: [...CONVERT, "--format=ip", "--strict"],
    stdin: result({}),
    lines: [
      `error: ip leaves out vmMtu 1500: ip does not support it (formats that support it: ${
        findSupporters(["mtu"]).join(", ")
      })`,
      "hint: If the VM does not need it, run without --strict.",
    ],
    path: "vmMtu",
  },
  "not-representable": {
    args: [...CONVERT, "--format=ip"],
    stdin: result({ ips: [{ interface: 1, address: "10.0.0.2/32" }] }),
    lines: [
      "error: conf.vmIpConfigs[0].address: expected a prefix length of 1 to 31, found 10.0.0.2/32: the kernel treats the mask 255.255.255.255 as unset and guesses another",
      `hint: Formats that support it: ${findSupporters(["ipv4"]).join(", ")}.`,
    ],
    path: "conf.vmIpConfigs[0].address",
  },
  "invalid-netns": {
    args: ["mtu", "/run/netns/no such", "tap0"],
    permissions: ["--allow-ffi"],
    lines: [
      'error: failed to find netns at path "/run/netns/no such": failed to Statfs "/run/netns/no such": no such file or directory',
      "hint: Has the namespace been deleted, or is it in another mount namespace? `ip netns list` shows those that have a name.",
    ],
  },
  "netns-denied": {
    args: LO,
    permissions: ["--allow-ffi"],
    before: ["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
    sandbox: "",
    lines: [
      "error: failed to find MTU: error switching to ns /proc/self/ns/net: Error switching to ns /proc/self/ns/net: operation not permitted",
      `hint: Entering a network namespace needs CAP_SYS_ADMIN: run as root, or in \`unshare --map-root-user --net --mount\` for namespaces made there. ${DO_WITHOUT}`,
    ],
  },
  "no-device": {
    args: ["mtu", "/proc/self/ns/net", "tap9"],
    permissions: ["--allow-ffi"],
    sandbox: "",
    lines: [
      'error: failed to find MTU: failed to find device "tap9" in netns "/proc/self/ns/net": did not find expected network device with name "tap9"',
      "hint: `nsenter --net=PATH ip link` shows the devices that are there.",
    ],
  },
  "ffi-denied": {
    args: LO,
    notOfBinary: fixedPermissions,
    lines: [
      "error: failed to find MTU: permission to load libnl-route was not granted",
      `hint: Grant its path: --allow-ffi=/usr/lib/${Deno.build.arch}-linux-gnu/libnl-route-3.so.200 (Fedora, RHEL: /usr/lib64; Arch, Alpine: /usr/lib). ${DO_WITHOUT}`,
    ],
  },
  "no-library": {
    args: LO,
    notOfBinary: fixedPermissions,
    permissions: [
      `--allow-ffi=${libnlPath ?? "/usr/lib64/libnl-route-3.so.200"}`,
    ],
    sandbox: hideLibnl,
    lines: [
      "error: failed to find MTU: neither libnl-route nor libc could be loaded",
      `hint: Install libnl-route (Debian, Ubuntu: apt install libnl-route-3-200; Fedora, RHEL: dnf install libnl3; Alpine: apk add libnl3) and grant its path with --allow-ffi=PATH. ${DO_WITHOUT}`,
    ],
  },
  "system-call": {
    notOfBinary: fixedPermissions && "a binary does not start without /proc",
    args: ["mtu", "/run/netns/a", "lo"],
    permissions: ["--allow-ffi"],
    sandbox: "ip netns add a\nmount -t tmpfs tmpfs /proc",
    lines: [
      "error: failed to find MTU: cannot open /proc/thread-self/ns/net: no such file or directory",
    ],
  },
  "invalid-network": {
    args: ["status", "mynet", ...DIRS],
    permissions: ["--allow-read"],
    sandbox: network("", "../../bin/sh"),
    lines: [
      'error: "/run/net.d/mynet.conflist": network.plugins[0].type: expected the bare name of an executable, such as "bridge", found "../../bin/sh"',
      "hint: See the CNI specification, section 1 (Network configuration format).",
    ],
    path: "network.plugins[0].type",
  },
  "no-network": {
    args: ["status", "mynet", ...DIRS],
    permissions: ["--allow-read"],
    sandbox: "",
    lines: [
      'error: no net configuration with name "mynet" in /run/net.d',
      "hint: Configured networks: none.",
    ],
  },
  "invalid-attachment": {
    args: ["del", "--id=../vm", ...DIRS],
    lines: [
      'error: containerID: expected letters, digits and . _ -, such as "vm-1", found "../vm"',
      "hint: See the CNI specification, section 3 (Attachment Parameters).",
    ],
    path: "containerID",
  },
  "no-plugin": {
    args: ADD,
    permissions: ["--allow-read", "--allow-write"],
    sandbox: network("", "absent"),
    lines: [
      'error: failed to find plugin "absent" in path [/run/bin]',
      "hint: Install it (Debian, Ubuntu: apt install containernetworking-plugins; Fedora, RHEL: dnf install containernetworking-plugins), or name its folder with --bin-dir DIR (in code: options.binDirs).",
    ],
  },
  "plugin-failed": {
    args: ADD,
    permissions: ["--allow-all"],
    sandbox: network(
      `echo '{"code": 7, "msg": "no subnet", "details": "of any kind"}'; exit 1`,
    ),
    lines: [
      'error: plugin type="plugin" failed (add): no subnet; of any kind',
      "hint: CNI error code 7: invalid network configuration. vmconf undid its changes.",
    ],
  },
  "plugin-timeout": {
    args: [...ADD, "--timeout=0.5"],
    permissions: ["--allow-all"],
    sandbox: network("sleep 60"),
    lines: [
      'error: plugin type="plugin" failed (add): expected it to end within 500 ms, but it did not, and was killed',
      "hint: Give it more time with --timeout SECONDS (in code: options.timeoutMs), or see with --verbose what it does. vmconf undid its changes.",
    ],
  },
  "not-granted": {
    notOfBinary: fixedPermissions,
    args: ["status", "mynet", ...DIRS],
    lines: [
      "error: Cannot run the chain: permission to read /run/net.d was not granted",
      "hint: Grant it: --allow-read=/run/net.d.",
    ],
  },
  "not-added": {
    args: ["check", "mynet", "--id=vm-1", ...DIRS],
    permissions: ["--allow-all"],
    sandbox: "",
    lines: [
      'error: Cannot check container "vm-1": expected it to be added to network "mynet", found no result',
      "hint: `vmconf add NETWORK --id vm-1` adds it; `vmconf list --id vm-1` shows its records.",
    ],
  },
  "already-added": {
    args: ADD,
    permissions: ["--allow-all"],
    sandbox: `${
      network(
        `echo '${result({ interfaces: [] })}'`,
      )
    }
${
      vmconf(["--allow-all"], ...ADD, "--format=result").map(quoteShellWord)
        .join(
          " ",
        )
    }>/run/result`,
    lines: [
      'error: Cannot add container "vm-1" to network "mynet" as "eth0": it is already attached; nothing was changed',
      "hint: `vmconf convert --from-cache mynet --id vm-1` prints its configuration; `vmconf del --id vm-1` deletes it; --replace (in code: replace) deletes it and adds it again.",
    ],
  },
  "in-use": {
    args: [...ADD, "--netns=mine"],
    permissions: ["--allow-all"],
    sandbox: `${network("")}
ip netns add mine
ip -n mine tuntap add dev eth0 mode tap`,
    lines: [
      'error: Cannot add container "vm-1" to network "mynet" as "eth0": "/run/netns/mine" has a device "eth0" that nobody recorded; nothing was changed',
      "hint: It may be a container's. Choose another interface name (--if-name) or namespace (--netns), or remove the device.",
    ],
  },
  "uncertain": {
    args: ["gc", ...DIRS],
    permissions: ["--allow-all"],
    sandbox: `${network("")}
mkdir -p /run/cni/results
cat > /run/cni/results/mynet-vm-1-eth0 <<'END'
${
      JSON.stringify({
        kind: "cniCacheV1",
        containerId: "vm-1",
        config: btoa("{}"),
        ifName: "eth0",
        networkName: "mynet",
        netns: "/proc/4194305/ns/net",
        result: { cniVersion: "1.0.0" },
        vmconf: { isComplete: true },
      })
    }
END`,
    lines: [
      'error: Cannot tell whether container "vm-1" of network "mynet" is alive in "/proc/4194305/ns/net": the process that its path names has ended; it was kept',
      "hint: If it is not needed any more: `vmconf del --id vm-1` deletes it.",
    ],
  },
  "busy": {
    args: ["check", "--id=vm-1", "--timeout=0.1", ...DIRS],
    permissions: ["--allow-all"],
    sandbox: "mkdir -p /run/cni/vmconf/locks",
    before: ["flock", "/run/cni/vmconf/locks/vm-1"],
    lines: [
      'error: failed to lock the container "vm-1": expected to get the lock within 100 ms, but another operation holds it, or a plugin that a crash left running',
      "hint: Processes that have /run/cni/vmconf/locks/vm-1 open: PID (flock).",
    ],
  },
  "interrupted": {
    args: ADD,
    permissions: ["--allow-all"],
    sandbox: network("kill -INT $PPID; sleep 60"),
    lines: [
      "error: The operation was interrupted",
      "hint: vmconf undid its changes.",
    ],
    exitCode: 130,
  },
  "cache-failed": {
    args: ["check", "--id=vm-1", ...DIRS],
    permissions: ["--allow-all"],
    sandbox: "mkdir /run/cni; touch /run/cni/results",
    lines: [
      'error: Cannot use "/run/cni/results": expected a folder that only its owner, root or user 0, may write, found no folder',
      "hint: Use another folder: --cache-dir DIR (in code: cacheDir).",
    ],
  },
  "usage": {
    args: ["convert", "--contaner-id=vm-1"],
    lines: [
      'error: Unknown flag "--contaner-id"',
      "hint: Did you mean --container-id? See `vmconf convert --help`.",
    ],
  },
  "unreadable-input": {
    args: ["convert", "/run/absent", "--container-id=vm-1", "--mtu=1500"],
    permissions: ["--allow-read"],
    sandbox: "",
    lines: ['error: Cannot read "/run/absent": no such file'],
  },
  "unwritable-output": {
    args: ["--version"],
    before: ["sh", "-c", 'exec "$@" >/dev/full', "sh"],
    lines: [
      "error: Cannot write to standard output: No space left on device (os error 28)",
    ],
  },
  "unexpected": {
    args: CONVERT,
    notOfBinary: fixedPermissions,
    permissions: [`--preload=${repositoryPath("tests/cli/faulty_json.ts")}`],
    stdin: '["provoke RangeError"]',
    lines: [
      "error: Cannot handle an input or an output of this size: Maximum call stack size exceeded",
      "hint: Use a smaller input, or one with less nesting.",
    ],
  },
};

function provoke(
  { args, permissions = [], before = [], stdin, sandbox }: Case,
  ...more: string[]
): Promise<Outcome> {
  const command = [...before, ...vmconf(permissions, ...args, ...more)];
  return sandbox === undefined
    ? run(command, { stdin })
    : inSandbox(sandbox, command, { stdin });
}

function formatStderr(lines: readonly string[]): string {
  return lines.map((line) =>
    line.startsWith("hint: ") ? `  ${line}\n` : `vmconf: ${line}\n`
  ).join("");
}

for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
  const theCase = CASES[code];
  const usual = ["usage", "invalid-option"].includes(code) ? 2 : 1;
  const { exitCode = usual } = theCase;
  testUnless(
    theCase.notOfBinary ??
      (theCase.sandbox === undefined ? undefined : noSandbox),
    `${code} says what was expected, what was found, and what to do`,
    async () => {
      const text = await provoke(theCase);
      assertEquals({ ...text, stderr: hidePids(text.stderr) }, {
        code: exitCode,
        stdout: "",
        stderr: formatStderr(theCase.lines),
      });

      const json = await provoke(theCase, "--json");
      const { error } = JSON.parse(hidePids(json.stderr));
      const of = (kind: string) =>
        theCase.lines.filter((line) => line.startsWith(`${kind}: `))
          .map((line) => line.slice(kind.length + 2));
      const [hint] = of("hint");
      assertEquals(
        { ...error },
        JSON.parse(JSON.stringify({
          code,
          message: error.message,
          path: theCase.path,
          hint,
        })),
      );
      assertEquals(error.message.split("\n"), of("error"));
      assertEquals([json.code, json.stdout], [exitCode, ""]);
    },
  );
}
