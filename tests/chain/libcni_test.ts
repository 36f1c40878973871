/** vmconf and Go's libcni check and delete what the other one added. */
import { assertEquals } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { buildLibcniProgram, noLibcni } from "./libcni_program.ts";
import { runInPlace } from "./place.ts";

const NETNS = "/run/netns/mine";

for (const network of ["full", "vm", "vm6"]) {
  testUnless(
    noLibcni,
    `libcni checks and deletes what vmconf added: ${network}`,
    async () => {
      const { stdout, stderr } = await runInPlace(`
libcni() { command=$1; shift; ${await buildLibcniProgram()} $command ${network} vm-1 ${NETNS} eth0; }
ip netns add mine
state > /run/before
vmconf add ${network} --id vm-1 --netns ${NETNS} --format result \\
  --capability-args '{"portMappings":[{"hostPort":8081,"containerPort":80,"protocol":"tcp"}]}' > /run/result
libcni cached | jq -S . > /run/cached
jq -S . /run/result | diff - /run/cached && echo the same result
libcni check
libcni del
state | diff /run/before - && echo nothing left
vmconf del --id vm-1`);
      assertEquals(
        stderr,
        "vmconf: container vm-1 has no record here, so nothing was deleted\n",
      );
      assertEquals(stdout, "the same result\nnothing left\n");
    },
  );

  testUnless(
    noLibcni,
    `vmconf checks and deletes what libcni added: ${network}`,
    async () => {
      const { stdout, stderr } = await runInPlace(`
libcni() { command=$1; shift; ${await buildLibcniProgram()} $command ${network} vm-1 ${NETNS} eth0; }
ip netns add mine
state > /run/before
libcni add
libcni cached | jq -S 'del(.cniVersion)' > /run/cached
jq -S '.result | del(.cniVersion)' /run/cni/results/* | diff - /run/cached && echo the same result
vmconf check --id vm-1
vmconf del --id vm-1
state | diff /run/before - && echo nothing left`);
      assertEquals(stderr, "");
      assertEquals(stdout, "the same result\nnothing left\n");
    },
  );
}

testUnless(
  noLibcni,
  "libcni deletes what a crash of vmconf left unfinished",
  async () => {
    const { stdout, stderr } = await runInPlace(`
libcni() { command=$1; shift; ${await buildLibcniProgram()} $command plain vm-1 ${NETNS} eth0; }
ip netns add mine
state > /run/before
cat > /run/bin/crash <<'END'
#!/bin/sh
[ $CNI_COMMAND = ADD ] && kill -9 $PPID
exit 0
END
chmod +x /run/bin/crash
jq '.plugins += [{type: "crash"}]' /run/net.d/plain.conflist > /run/plain
mv /run/plain /run/net.d/plain.conflist
( vmconf add plain --id vm-1 --netns ${NETNS} --format result ) >/dev/null 2>&1 || echo killed
state | cmp -s /run/before - || echo something left
libcni del
# The lock file is nobody's, and the next operation removes it.
state | grep -v /locks/ | diff /run/before - && echo nothing left`);
    assertEquals(stderr, "");
    assertEquals(stdout, "killed\nsomething left\nnothing left\n");
  },
);
