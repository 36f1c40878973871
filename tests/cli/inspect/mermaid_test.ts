import { assert, assertEquals, assertMatch } from "@std/assert";
import { renderInspectionMermaid } from "../../../src/cli/inspect/mermaid.ts";
import { inspectResult } from "../../../src/vmconf/inspection.ts";
import {
  createResult,
  FAULTY,
  GENUINE,
  HOSTILE,
  NO_JSON,
} from "./inspections.ts";

const renderMermaid = (result: string) =>
  renderInspectionMermaid(inspectResult(result));

Deno.test("a real result is a flowchart from the VM to its tap", () => {
  assertEquals(
    renderMermaid(GENUINE),
    `flowchart LR
  result("CNI result 1.0.0<br/>converts for vm-ptp4")
  class result vm
  subgraph sandbox0 ["VM vm-ptp4"]
    if3["#35;3 tap0<br/>the VM#39;s interface<br/>why its sandbox #34;vm-ptp4#34; is not a path, so it is a container id<br/>mac 16:47:a3:91:b9:a1<br/>address 10.91.1.2/24, gateway 10.91.1.1"]
  end
  subgraph sandbox1 ["network namespace /var/run/netns/real1"]
    if1["#35;1 eth0<br/>mac 16:47:a3:91:b9:a1<br/>address 10.91.1.2/24, gateway 10.91.1.1"]
    if2["#35;2 tap0<br/>the tap of vm-ptp4<br/>why it has the name of #35;3 in another sandbox"]
  end
  subgraph sandbox2 ["host #40;no sandbox#41;"]
    if0["#35;0 veth97e7627c<br/>mac 26:81:43:aa:83:8e"]
  end
  if3 -->|its tap| if2
  class if3 vm
  class if2 tap
  other0["routes<br/>to 0.0.0.0/0 by the address#39;s gateway"]
  other1["DNS<br/>server 10.91.1.53<br/>server 1.1.1.1<br/>domain vm.example<br/>search vm.example<br/>option ndots:2"]
  finding0["note result.interfaces#91;2#93;.mtu: The tap has no MTU in the result<br/>hint vmconf reads it from the kernel, unless --mtu N gives it."]
  class finding0 note
  classDef vm stroke:#1a7f37,stroke-width:2px
  classDef tap stroke:#0969da,stroke-width:2px
  classDef fault stroke:#cf222e,stroke-width:2px
  classDef note stroke:#9a6700
`,
  );
});

/** A label: letters, digits, a few harmless signs, escapes and line breaks. */
const LABEL = String.raw`"(?:[\p{L}\p{N} .,:/-]|#\d+;|<br/>)*"`;

/** Every line that a flowchart may contain. */
const LINE = new RegExp(
  `^(?:flowchart LR| {2}(?:${
    [
      String.raw`result\(${LABEL}\)`,
      String.raw`subgraph sandbox\d+ \[${LABEL}\]`,
      String.raw` {2}if\d+\[${LABEL}\]`,
      "end",
      String.raw`if\d+ (?:-->\|its tap\||-\.->\|its tap\?\|) if\d+`,
      String.raw`class (?:result|if\d+|finding\d+) (?:vm|tap|fault|note)`,
      String.raw`(?:other\d+|finding\d+|more)\[${LABEL}\]`,
      "classDef [a-z]+ [a-z0-9:#,-]+",
    ].join("|")
  }))$`,
  "u",
);

Deno.test("no text of a result leaves its label", () => {
  for (
    const result of [GENUINE, FAULTY, NO_JSON, ...HOSTILE.map(createResult)]
  ) {
    for (const line of renderMermaid(result).trimEnd().split("\n")) {
      assertMatch(line, LINE);
    }
  }
});

Deno.test("no label contains a line break or a formula of Mermaid", () => {
  for (const text of ["\\n", "$$x$$"]) {
    const decoded = renderMermaid(createResult(text)).replaceAll(
      /#(\d+);/g,
      (_, code) => String.fromCodePoint(Number(code)),
    );
    assert(!/\\n|\$\$/.test(decoded), decoded);
  }
});
