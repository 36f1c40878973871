/** Uses a reader while namespaces come and go, and tells what it answered. */
import { openMtuReader, VmConfError } from "../../mod.ts";
import { countDescriptors } from "./descriptors.ts";
import { makeNetns, removeNetns, shell } from "./namespaces.ts";

const answers: unknown[] = [];
let least = 0;
{
  using reader = openMtuReader({ maxNamespaces: 2 });
  const ask = (name: string, device = "tap0") => {
    try {
      const netNSPath = `/run/netns/${name}`;
      answers.push(reader.readMtu({ netNSPath, device }));
    } catch (error) {
      answers.push(error instanceof VmConfError ? error.code : `${error}`);
    }
  };
  ask("none"); // opens the library
  least = countDescriptors();
  makeNetns("a", 1401);
  ask("a");
  ask("a");
  shell("ip -n a link set tap0 mtu 1402");
  ask("a");
  ask("a", "absent");
  removeNetns("a");
  ask("a");
  makeNetns("a", 1403);
  ask("a");
  for (const [index, name] of ["b", "c", "d"].entries()) {
    makeNetns(name, 1500 + index);
    ask(name);
  }
  ask("a");
  answers.push(`${countDescriptors() - least} sockets`);
}
answers.push(`${countDescriptors() - least} sockets`);
console.log(JSON.stringify(answers));
