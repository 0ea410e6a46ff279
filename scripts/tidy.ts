// Holds the project against its layout rules and prints what breaks one. `--fix` first breaks comment lines
// that are too long; every other finding is for a person. `npm run check` runs it, and a test runs its rules
// on snippets.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tidy } from "./tidy/rules.ts";
import { isTypeScript, readTree } from "./tidy/source.ts";
import { wrapComments } from "./tidy/wrap.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
if (process.argv.includes("--fix")) {
  const rooms = process.argv.slice(process.argv.indexOf("--fix") + 1);
  for (const [path, text] of readTree(root)) {
    if (!isTypeScript(path) || (rooms.length > 0 && !rooms.some((room) => path.startsWith(room)))) continue;
    const wrapped = wrapComments(text);
    if (wrapped !== text) writeFileSync(root + path, wrapped);
  }
}
const texts = readTree(root);
const findings = tidy(texts);
for (const finding of findings) console.log(finding);
console.log(`tidy: ${texts.size} files, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
