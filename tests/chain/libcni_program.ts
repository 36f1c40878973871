/** Go's libcni as a command: `libcni/main.go`. */
import { repositoryPath, run } from "../child.ts";
import { noPlugins } from "./place.ts";

/** Where Debian keeps sources of Go packages. */
const GOPATH = "/usr/share/gocode";

const GO = ["/usr/bin/go", "/usr/lib/go/bin/go", "/usr/local/go/bin/go"].find(
  isThere,
);

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Why libcni cannot be run here, if it cannot. */
export const noLibcni: string | undefined = noPlugins ??
  (GO === undefined ? "Go is not installed" : undefined) ??
  (isThere(
      `${GOPATH}/src/github.com/containernetworking/cni/libcni/api.go`,
    )
    ? undefined
    : "Go's libcni is not installed");

let built: Promise<string> | undefined;

/** Builds the program; the folder it is in is removed at the end. */
export function buildLibcniProgram(): Promise<string> {
  return built ??= (async () => {
    const folder = Deno.makeTempDirSync({ prefix: "vmconf-libcni-" });
    addEventListener(
      "unload",
      () => Deno.removeSync(folder, { recursive: true }),
    );
    const path = `${folder}/libcni`;
    const source = repositoryPath("tests/chain/libcni/main.go");
    const { code, stderr } = await run(
      [GO ?? "go", "build", "-o", path, source],
      { env: { GO111MODULE: "off", GOPATH, CGO_ENABLED: "0" } },
    );
    if (code !== 0) throw new Error(stderr);
    return path;
  })();
}
