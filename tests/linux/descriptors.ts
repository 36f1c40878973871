/** What is open in this process. */

/** As a lookup opens them; Deno opens and closes files of its own meanwhile. */
const OF_A_NETWORK =
  /^socket:|^\w+:\[\d+\]$|^\/run\/|\/ns\/\w+$|^\/dev\/net\/tun$/;

/** How many sockets, namespaces and taps are open. */
export function countDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")]
    .filter(({ name }) => OF_A_NETWORK.test(targetOf(name))).length;
}

function targetOf(descriptor: string): string {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ""; // the folder itself, which has been read
  }
}
