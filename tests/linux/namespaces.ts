/** Network namespaces in a sandbox, each with a tap of its own MTU. */

/** Runs a shell script that must succeed. */
export function shell(script: string): void {
  const { success, stderr } = new Deno.Command("sh", { args: ["-ec", script] })
    .outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Makes `/run/netns/NAME`, with `tap0`. */
export function makeNetns(name: string, mtu: number): void {
  shell(`ip netns add ${name}
ip -n ${name} tuntap add dev tap0 mode tap
ip -n ${name} link set tap0 mtu ${mtu}`);
}

/** Takes the name `/run/netns/NAME` from its namespace. */
export function removeNetns(name: string): void {
  shell(`ip netns del ${name}`);
}
