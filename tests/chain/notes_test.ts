/** Notes of namespaces that are not what they should be. */
import { assertEquals } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { noPlugins, runInPlace, testInPlace } from "./place.ts";

/** What a note may hold, as filters of jq. */
const NOTES: Readonly<Record<string, string>> = {
  "a list": "[]",
  "null": "null",
  "a number as path": ".netns = 5",
  "no path": "del(.netns)",
  "a relative path": '.netns = "mine"',
  "a path with NUL": '.netns = "/run/netns/vmconf-vm-1\\u0000"',
  "a path that ends with a slash": '.netns += "/"',
  "no proof": "del(.proof)",
  "an inode that is a number": ".proof.inode |= tonumber",
  "no boot": "del(.proof.bootId)",
  "no file": "del(.file)",
};

for (const [what, filter] of Object.entries(NOTES)) {
  testInPlace(
    `a note with ${what} proves nothing: the namespace is kept and reported`,
    `
cd /run
vmconf add loopback --id vm-1 --format result > /dev/null
note=/run/cni/vmconf/netns/vm-1
jq '${filter}' $note > /run/edited
cat /run/edited > $note
vmconf gc
vmconf del --id vm-1 2> /run/err || echo "exit code $?"
grep -o 'does not prove that "/run/netns/[^"]*" was made' /run/err
ip netns list
umount /run/netns/vmconf-vm-1
rm /run/netns/vmconf-vm-1
vmconf del --id vm-1 2> /dev/null
ls /run/cni/vmconf/netns`,
    `exit code 1
does not prove that "/run/netns/vmconf-vm-1" was made
vmconf-vm-1
`,
  );
}

testUnless(
  noPlugins,
  "a note cannot make vmconf remove another file",
  async () => {
    const { stdout, stderr } = await runInPlace(`
echo precious > /run/passwd
for path in /run/passwd /etc/passwd /run; do
  vmconf add loopback --id vm-1 --format result > /dev/null
  note=/run/cni/vmconf/netns/vm-1
  device=$((0x$(stat -c %D $path) >> 8)):$((0x$(stat -c %D $path) & 255))
  jq --arg path $path --arg device $device --arg inode $(stat -c %i $path) \\
    '.netns = $path | .file = {device: $device, inode: $inode}' $note > /run/edited
  cat /run/edited > $note
  vmconf del --id vm-1 2> /run/err || echo "exit code $?"
  grep -o 'found another file or namespace: it was not removed' /run/err
  ls -d $path
  umount /run/netns/vmconf-vm-1
  rm /run/netns/vmconf-vm-1
done
cat /run/passwd`);
    assertEquals(stderr, "");
    const of = (path: string) =>
      `exit code 1\nfound another file or namespace: it was not removed\n${path}\n`;
    assertEquals(
      stdout,
      of("/run/passwd") + of("/etc/passwd") + of("/run") + "precious\n",
    );
  },
);

testInPlace(
  "a note cannot make vmconf remove another container's namespace",
  `
vmconf add loopback --id vm-1 --format result > /dev/null
cp -a /run/cni/vmconf/netns/vm-1 /run/cni/vmconf/netns/vm-2
vmconf gc
vmconf del --id vm-2 2> /dev/null
ip netns list
vmconf del --id vm-1
ip netns list`,
  "vmconf-vm-1\n",
);
