import { assertEquals } from "@std/assert";
import { cniResultSchema, staticNetworkConfSchema } from "../../mod.ts";
import { repositoryPath, run } from "../child.ts";

interface Documented {
  readonly name: string;
  readonly jsDoc?: { readonly doc: string };
}

interface DocumentedSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly def: { readonly properties?: readonly Documented[] };
  }[];
}

/** What the interfaces of a module say of their members. */
async function readDocs(path: string): Promise<Map<string, string[]>> {
  const url = `file://${repositoryPath(path)}`;
  const { stdout } = await run([Deno.execPath(), "doc", "--json", url]);
  const { nodes } = JSON.parse(stdout);
  return new Map(
    listSymbols(nodes, url).flatMap(({ name, declarations: [it] }) =>
      it?.kind === "interface"
        ? [[name, (it.def.properties ?? []).map(sentenceOf)]]
        : []
    ),
  );
}

/** Deno 2.4 has one list of declarations, later ones have modules. */
function listSymbols(
  // deno-lint-ignore no-explicit-any
  nodes: any,
  url: string,
): readonly DocumentedSymbol[] {
  if (!Array.isArray(nodes)) return nodes[url].symbols;
  return nodes.map(({ name, kind, interfaceDef: def }) => ({
    name,
    declarations: [{ kind, def }],
  }));
}

function sentenceOf({ name, jsDoc }: Documented): string {
  return `${name}: ${jsDoc?.doc}`;
}

interface ObjectSchema {
  readonly items?: ObjectSchema;
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly description?: string;
}

function describeMembers({ items, ...schema }: ObjectSchema): string[] {
  const properties = schema.properties ?? items?.properties ?? {};
  return Object.entries(properties).map(([name, { description }]) =>
    `${name}: ${description}.`
  );
}

Deno.test("the JSON Schemas describe each member as the interfaces do", async () => {
  const conf: ObjectSchema = staticNetworkConfSchema();
  const { properties: { interfaces, ips, routes, dns } = {} }: ObjectSchema =
    cniResultSchema();
  const docs = new Map([
    ...await readDocs("src/cni/result_shape.ts"),
    ...await readDocs("src/vmconf/conf.ts"),
  ]);
  for (
    const [name, schema] of Object.entries({
      StaticNetworkConf: conf,
      VmIpConfig: conf.properties?.vmIpConfigs,
      Route: conf.properties?.vmRoutes,
      CniInterface: interfaces,
      CniIpConfig: ips,
      CniDns: dns,
    })
  ) assertEquals(describeMembers(schema ?? {}), docs.get(name), name);
  assertEquals(describeMembers(routes ?? {}), docs.get("Route"));
});
