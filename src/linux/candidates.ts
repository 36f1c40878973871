/** Where systems keep the shared library that reaches the kernel. */

/** A file that may be one of the two libraries. */
export interface Candidate {
  /** Which library it would be. */
  readonly kind: "libnl-route" | "libc";
  /** Its absolute path, or a name for the dynamic loader to look up. */
  readonly path: string;
}

const LIBNL_ROUTE = "libnl-route-3.so.200";
const GLIBC = "libc.so.6";

/**
 * Lists the candidates of Debian and Ubuntu, Fedora and RHEL, Arch, and Alpine in
 * the order in which they are tried: libnl-route before libc, and absolute paths
 * before bare names, which a limited permission cannot cover.
 */
export function listCandidatesOn(arch: string): Candidate[] {
  const folders = [
    `/usr/lib/${arch}-linux-gnu`, // Debian, Ubuntu
    `/lib/${arch}-linux-gnu`, // the same before /lib was merged into /usr
    "/usr/lib64", // Fedora, RHEL
    "/lib64",
    "/usr/lib", // Arch, Alpine
  ];
  const inFolders = (soname: string, ...more: string[]) =>
    [...folders, ...more].map((folder) => `${folder}/${soname}`);
  const paths: Record<Candidate["kind"], string[]> = {
    "libnl-route": [...inFolders(LIBNL_ROUTE), LIBNL_ROUTE],
    "libc": [
      ...inFolders(
        GLIBC,
        "/usr/local/lib", // Deno's images for Alpine bring a glibc along
        "/usr/glibc-compat/lib",
      ),
      `/lib/ld-musl-${arch}.so.1`, // Alpine
      GLIBC,
    ],
  };
  return (["libnl-route", "libc"] as const).flatMap((kind) =>
    paths[kind].map((path) => ({ kind, path }))
  );
}
