// Texts of the corpus with what they mean beside them: the model in short, or the diagnostics as people see
// them. UPDATE_GOLDENS=1 writes what is expected anew; the difference is read before it is committed.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { showValue, type Model } from "./index.ts";
import { evaluateText, shownDiagnostics } from "./world.test-support.ts";

const folder = fileURLToPath(new URL("corpus/", import.meta.url));
const update = process.env["UPDATE_GOLDENS"] === "1";

/** Outputs, and of each resource what is not a default. */
function shownModel(model: Model): string {
  const lines = model.outputs.map((output) => `output ${output.name} = ${showValue(output.value)}`);
  for (const resource of model.resources) {
    if (resource.kind === "lab") continue;
    const head = [resource.kind, resource.address, ...(resource.class ? [`: ${resource.class}`] : [])].join(
      " ",
    );
    lines.push("", head, ...(resource.bus ? [`  on ${resource.bus}`] : []));
    for (const [name, attribute] of Object.entries(resource.attributes)) {
      if (attribute.origin !== "default")
        lines.push(`  ${name} = ${showValue(attribute.value)} (${attribute.origin})`);
    }
    if (resource.needs.length > 0) lines.push(`  needs ${resource.needs.join(", ")}`);
    if (resource.reads.length > 0) lines.push(`  reads ${resource.reads.join(", ")}`);
  }
  return `${lines.join("\n").trim()}\n`;
}

for (const name of readdirSync(folder).filter((file) => file.endsWith(".vbus"))) {
  test(`corpus: ${name}`, () => {
    const evaluation = evaluateText(readFileSync(folder + name, "utf8"));
    const shown = shownDiagnostics(evaluation) + (evaluation.model ? shownModel(evaluation.model) : "");
    const golden = folder + name.replace(/\.vbus$/, ".txt");
    if (update) writeFileSync(golden, shown);
    expect(shown).toBe(readFileSync(golden, "utf8"));
  });
}
