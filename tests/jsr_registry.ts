/** A JSR registry on this machine, with one package. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** A package: the text of its files, by export. */
export interface JsrPackage {
  /** The name with the scope, such as `@std/cli`. */
  readonly name: string;
  readonly version: string;
  /** The text of each module, by what is imported, such as `./parse-args`. */
  readonly modules: Readonly<Record<string, string>>;
}

function describeFile(text: string) {
  const checksum = createHash("sha256").update(text).digest("hex");
  return {
    size: Buffer.byteLength(text),
    checksum: `sha256-${checksum}`,
  };
}

/** Serves a package; JSR_URL is the address with a slash at its end. */
export function serveJsr(
  { name, version, modules }: JsrPackage,
): { readonly url: string } & AsyncDisposable {
  const files = new Map<string, string>();
  const manifest: Record<string, unknown> = {};
  const exports: Record<string, string> = {};
  for (const [specifier, text] of Object.entries(modules)) {
    const path = `${specifier.slice(1)}.ts`;
    files.set(`/${name}/${version}${path}`, text);
    manifest[path] = describeFile(text);
    exports[specifier] = `.${path}`;
  }
  const versions = { [version]: {} };
  files.set(`/${name}/meta.json`, JSON.stringify({ versions }));
  files.set(
    `/${name}/${version}_meta.json`,
    JSON.stringify({ manifest, exports }),
  );
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) => {
      const path = new URL(url).pathname;
      const text = files.get(path);
      if (text === undefined) return new Response(null, { status: 404 });
      const type = path.endsWith(".json") ? "json" : "typescript";
      return new Response(text, {
        headers: { "content-type": `application/${type}` },
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
