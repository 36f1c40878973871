/**
 * Listens as nameservers, looks names up by the system's resolver, and prints
 * what was asked: `resolver_probe.ts RCODE SERVER,… NAME…`.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A question that came to a nameserver. */
export interface Asked {
  readonly server: string;
  readonly name: string;
  /** Whether the question says that it understands EDNS. */
  readonly edns: boolean;
}

const HEADER_BYTES = 12;

/** RFC 1035, section 4.1.2: a name of labels, then type and class. */
function parseQuestion(query: Uint8Array): { name: string; end: number } {
  const labels: string[] = [];
  let position = HEADER_BYTES;
  for (let size = query[position] ?? 0; size > 0; size = query[position] ?? 0) {
    const label = query.subarray(position + 1, position + 1 + size);
    labels.push(new TextDecoder().decode(label));
    position += 1 + size;
  }
  return { name: labels.join("."), end: position + 5 };
}

/** The same question, with the rcode and without any record. */
function writeAnswer(
  query: Uint8Array,
  end: number,
  rcode: number,
): Uint8Array {
  const answer = query.slice(0, end);
  answer.set([0x81, 0x80 | rcode], 2);
  answer.fill(0, 6, HEADER_BYTES);
  return answer;
}

if (import.meta.main) {
  const [rcode, servers = "", ...names] = Deno.args;
  const asked: Asked[] = [];
  const sockets = servers.split(",").map((server) => {
    const socket = createSocket(server.includes(":") ? "udp6" : "udp4");
    socket.on("message", (query, { port, address }) => {
      const { name, end } = parseQuestion(query);
      asked.push({ server, name, edns: query[11] === 1 });
      socket.send(writeAnswer(query, end, Number(rcode)), port, address);
    });
    // Deno binds to no address with a zone.
    socket.bind(53, server.includes("%") ? "::" : server);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, "listening")));
  for (const name of names) {
    await new Deno.Command("getent", { args: ["ahostsv4", name] }).output();
  }
  for (const socket of sockets) socket.close();
  console.log(JSON.stringify(asked));
}
