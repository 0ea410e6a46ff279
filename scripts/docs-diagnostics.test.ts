// docs/diagnostics.md is what the catalogues say.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allPages } from "../lang/index.ts";
import { diagnosticsPage } from "./docs/diagnostics-page.ts";

test("the page of diagnostics is current: node scripts/docs-diagnostics.ts writes it", () => {
  const written = readFileSync(new URL("../docs/diagnostics.md", import.meta.url), "utf8");
  expect(written).toBe(diagnosticsPage(allPages()));
});

test("the page has one title, and every code", () => {
  const page = diagnosticsPage(allPages());
  const outside = page.replace(/^```[\s\S]*?^```$/gm, "");
  expect(outside.match(/^# /gm)).toHaveLength(1);
  for (const { code } of allPages()) expect(page).toContain(`### ${code}: `);
});
