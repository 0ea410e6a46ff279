// Tries mutants one after the other and says which test saw them: `node scripts/mutants.ts [--all] [WORD]`.
// With WORD only those whose name or test has it, with --all the whole file of the test runs. Ends with 1
// where a mutant lives.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HOLES } from "./mutants/holes.ts";
import { copyProject, tryMutant } from "./mutants/mutant.ts";

const args = process.argv.slice(2);
const all = args.includes("--all");
const word = args.find((arg) => arg !== "--all") ?? "";
const copy = copyProject(fileURLToPath(new URL("..", import.meta.url)));
try {
  for (const mutant of HOLES.filter(
    ({ name, test: [, title] }) => name.includes(word) || title.includes(word),
  )) {
    const { red, others, words } = await tryMutant(copy, mutant, all);
    console.log(`${red ? "red" : "LIVES"}  ${mutant.file}: ${mutant.name}\n       ${words}`);
    for (const other of others) console.log(`       also: ${other}`);
    if (!red) process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
