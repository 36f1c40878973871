/** What holds for every format of a VMM. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import { loadFormat } from "../../src/formats/mod.ts";
import { CASES, FULL } from "./cases.ts";
import { makeHostileConfs } from "./hostile.ts";

const VMM_FORMATS = [
  "firecracker",
  "jailer",
  "cloud-hypervisor",
  "qemu",
] as const;

for (const name of VMM_FORMATS) {
  const { render } = await loadFormat(name);

  Deno.test(`${name} refuses taps in different namespaces`, () => {
    const [first, second] = CASES.twoNics;
    assert(first && second);
    const error = assertThrows(
      () => render([first, { ...second, netNSPath: "/run/netns/b" }]),
      VmConfError,
    );
    assertEquals(error.code, "not-representable");
    assertEquals(error.path, "confs[1].netNSPath");
  });

  Deno.test(`${name} leaves out a MAC that is not given`, () => {
    const { vmMacAddr: _, ...conf } = FULL;
    const { files, lost } = render([conf]);
    assertEquals(files.filter(({ text }) => /mac/.test(text)), []);
    assertEquals(lost.filter(({ field }) => field === "vmMacAddr"), []);
  });
}

for (const name of [...VMM_FORMATS, "kata"] as const) {
  const { render } = await loadFormat(name);

  Deno.test(`${name} refuses a hostile value with its path, or writes it`, () => {
    for (const { field, value, conf } of makeHostileConfs()) {
      try {
        render([conf]);
      } catch (error) {
        assert(error instanceof VmConfError, `${field} ${value}`);
        assertEquals(error.path, `conf.${field}`);
      }
    }
  });
}
