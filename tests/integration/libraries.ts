/** The two libraries that a lookup can use, and where they are here. */

const FOLDERS = [
  `/usr/lib/${Deno.build.arch}-linux-gnu`,
  "/usr/lib64",
  "/usr/lib",
];

function find(soname: string): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${soname}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** The path of libnl-route, if it is installed. */
export const libnlPath = find("libnl-route-3.so.200");

/** The path of libc. */
export const libcPath = find("libc.so.6");

/** Why libnl-route cannot be tested here, if it cannot. */
export const noLibnl = libnlPath === undefined
  ? "libnl-route is not installed"
  : undefined;

/** A line for a sandbox's script that makes libnl-route a file without content. */
export const hideLibnl = libnlPath === undefined
  ? ""
  : `mount --bind /dev/null ${libnlPath}`;
