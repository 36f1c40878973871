import { ipBootParam, parseResult, staticNetworkConfFrom } from "../../mod.ts";
import { CONTAINER_ID, INPUTS } from "./inputs.ts";

const OPTIONS = { mtu: 1500 };

for (const { name: group, text } of INPUTS) {
  const result = parseResult(text);
  const conf = staticNetworkConfFrom(result, CONTAINER_ID, OPTIONS);
  Deno.bench({
    name: "JSON.parse alone",
    group,
    baseline: true,
    fn: () => void JSON.parse(text),
  });
  Deno.bench({ name: "parse", group, fn: () => void parseResult(text) });
  Deno.bench({
    name: "convert",
    group,
    fn: () => void staticNetworkConfFrom(result, CONTAINER_ID, OPTIONS),
  });
  Deno.bench({ name: "ip=", group, fn: () => void ipBootParam(conf) });
  Deno.bench({
    name: "text to ip=",
    group,
    fn: () =>
      void ipBootParam(staticNetworkConfFrom(text, CONTAINER_ID, OPTIONS)),
  });
}
