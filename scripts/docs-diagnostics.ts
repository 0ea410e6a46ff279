// Writes docs/diagnostics.md from the catalogues: every code with what it means, a text that has it and one
// that has not. A test holds the page to what this would write.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allPages } from "../lang/index.ts";
import { diagnosticsPage } from "./docs/diagnostics-page.ts";

const file = fileURLToPath(new URL("../docs/diagnostics.md", import.meta.url));
const text = diagnosticsPage(allPages());
writeFileSync(file, text);
console.log(`docs/diagnostics.md: ${allPages().length} codes`);
