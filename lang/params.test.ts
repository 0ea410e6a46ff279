// Parameters from flags, files and the environment, in this order, checked against type and constraint.

import { expect, test } from "vitest";
import { showValue, type EvaluateInput } from "./index.ts";
import { codesOf, evaluateText, shownDiagnostics } from "./world.test-support.ts";

const FILE = `
param racks: int = 2 where racks in 1..16, "1 to 16 racks"
param name: string = "lab"
param rate: rate = 1Gbps
param tags: {[string]: int} = {}
param role: "left" | "right" = left
param at: ip?
output all = "\${racks} \${name} \${rate} \${tags.len()} \${role} \${at ?? 0.0.0.0}"
`;

function all(params: EvaluateInput["params"], env: Record<string, string> = {}): string {
  const evaluation = evaluateText(FILE, params ? { params } : {}, { env });
  const [output] = evaluation.model?.outputs ?? [];
  return output ? showValue(output.value) : codesOf(evaluation).join(" ");
}

test.each([
  [undefined, {}, '"2 lab 1Gbps 0 left 0.0.0.0"'],
  [{ flags: { racks: "4", rate: "10Mbps" } }, {}, '"4 lab 10Mbps 0 left 0.0.0.0"'],
  [{ flags: { name: "my lab" } }, {}, '"2 my lab 1Gbps 0 left 0.0.0.0"'],
  [{ flags: { name: '"my lab"' } }, {}, '"2 my lab 1Gbps 0 left 0.0.0.0"'],
  [{ flags: { role: "right", at: "10.0.0.1", tags: "{ a = 1 }" } }, {}, '"2 lab 1Gbps 1 right 10.0.0.1"'],
  [
    { values: { racks: 5, rate: "2Mbps", tags: { a: 1, b: 2 }, role: "right", at: "10.0.0.9" } },
    {},
    '"5 lab 2Mbps 2 right 10.0.0.9"',
  ],
  [
    { flags: { racks: "4" }, values: { racks: 5 } },
    { VBUS_PARAM_RACKS: "6" },
    '"4 lab 1Gbps 0 left 0.0.0.0"',
  ],
  [{ values: { racks: 5 } }, { VBUS_PARAM_RACKS: "6" }, '"5 lab 1Gbps 0 left 0.0.0.0"'],
  [{}, { VBUS_PARAM_RACKS: "6" }, '"6 lab 1Gbps 0 left 0.0.0.0"'],
  [{ flags: { racks: "17" } }, {}, "VB3002"],
  [{ flags: { racks: '"4"' } }, {}, "VB2008"],
  [{ flags: { racks: "4 4" } }, {}, "VB3007"],
  [{ flags: { rcks: "4" } }, {}, "VB3007"],
  [{ values: { racks: "many" } }, {}, "VB3006"],
  [{ values: { rate: "2Mbit" } }, {}, "VB3006"],
])("%j with %j gives %s", (params, env, wanted) => {
  expect(all(params, env)).toBe(wanted);
});

test("a mistake in a flag is shown in the flag", () => {
  const evaluation = evaluateText(FILE, { params: { flags: { racks: "2 + tow" } } });
  expect(shownDiagnostics(evaluation)).toContain("-p racks:1:5");
  expect(shownDiagnostics(evaluation)).toContain("2 + tow");
});

test("a missing parameter says how to give it", () => {
  const evaluation = evaluateText("param racks: int");
  expect(codesOf(evaluation)).toEqual(["VB3007"]);
  expect(evaluation.diagnostics[0]?.hint).toContain("-p racks=");
});
