/** What is open in this process. */

/** As a lookup opens them; Deno opens and closes files of its own meanwhile. */
const SOCKET_OR_NAMESPACE = /^socket:|^\w+:\[\d+\]$|^\/run\/|\/ns\/\w+$/;

/** How many sockets and namespaces are open. */
export function openDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")]
    .filter(({ name }) => SOCKET_OR_NAMESPACE.test(targetOf(name))).length;
}

function targetOf(descriptor: string): string {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ""; // the folder itself, which has been read
  }
}
