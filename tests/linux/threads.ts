/** Looks up MTUs while Deno starts threads, and prints their namespaces. */
import { openMtuReader, readMtu } from "../../mod.ts";

const LINK = { netNSPath: "/run/netns/a", device: "lo" };
const ROUNDS = 40;

function namespacesOfThreads(): string[] {
  return [...Deno.readDirSync("/proc/self/task")].map(({ name }) =>
    Deno.readLinkSync(`/proc/self/task/${name}/ns/net`)
  );
}

/** What Deno does on threads of its own, started a moment before lookups. */
function heavyWork(port: number): Promise<unknown>[] {
  return [
    ...Array.from({ length: 8 }, () => Deno.readFile("/proc/self/maps")),
    ...Array.from({ length: 4 }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      return await response.text();
    }),
    crypto.subtle.digest("SHA-256", new Uint8Array(2 ** 20)),
    new Promise((resolve) => setTimeout(resolve, 1)),
    new Deno.Command("true").output(),
    Deno.resolveDns("localhost", "A", {
      nameServer: { ipAddr: "127.0.0.1", port: 1 },
    }).catch(() => {}),
  ];
}

function startWorker(): Worker {
  const code = "self.onmessage = () => self.postMessage(1)";
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  return new Worker(url, { type: "module" });
}

const own = Deno.readLinkSync("/proc/thread-self/ns/net");
const server = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: () => {} },
  () => new Response("x"),
);
using reader = openMtuReader();
let lookups = 0;
for (let round = 0; round < ROUNDS; round++) {
  const work = heavyWork(server.addr.port);
  const worker = round % 10 === 0 ? startWorker() : undefined;
  for (let lookup = 0; lookup < 50; lookup++) {
    if (readMtu(LINK) !== 1444 || reader.readMtu(LINK) !== 1444) Deno.exit(2);
    lookups += 2;
    if (lookup % 10 === 0) await Promise.race(work);
  }
  await Promise.all(work);
  worker?.terminate();
}
const namespaces = namespacesOfThreads();
await server.shutdown();
console.log(JSON.stringify({ own, namespaces, lookups }));
