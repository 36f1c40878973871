import { assertEquals } from "@std/assert";
import { listCandidatesOn } from "../../src/linux/candidates.ts";

/** Where packages put the libraries: their lists of files. */
const PLACES: Readonly<Record<string, (arch: string) => string[]>> = {
  "Debian, Ubuntu": (arch) => [
    `/usr/lib/${arch}-linux-gnu/libnl-route-3.so.200`,
    `/lib/${arch}-linux-gnu/libc.so.6`,
  ],
  "Fedora, RHEL": () => [
    "/usr/lib64/libnl-route-3.so.200",
    "/lib64/libc.so.6",
  ],
  "Arch": () => ["/usr/lib/libnl-route-3.so.200", "/usr/lib/libc.so.6"],
  "Alpine": (arch) => [
    "/usr/lib/libnl-route-3.so.200",
    `/lib/ld-musl-${arch}.so.1`,
  ],
};

for (const arch of ["x86_64", "aarch64"]) {
  for (const [systems, places] of Object.entries(PLACES)) {
    Deno.test(`${systems} on ${arch}: both libraries are looked for where they are`, () => {
      const paths = listCandidatesOn(arch).map(({ path }) => path);
      for (const place of places(arch)) {
        assertEquals(paths.includes(place), true, place);
      }
    });
  }
}

Deno.test("libnl-route is tried before libc, and a bare name after every path", () => {
  const candidates = listCandidatesOn("x86_64");
  const kinds = candidates.map(({ kind }) => kind);
  assertEquals(kinds.lastIndexOf("libnl-route") < kinds.indexOf("libc"), true);
  for (const kind of ["libnl-route", "libc"]) {
    const paths = candidates.filter((it) => it.kind === kind).map((it) =>
      it.path
    );
    assertEquals(
      paths.findIndex((path) => !path.startsWith("/")),
      paths.length - 1,
    );
  }
});
