// All layout rules as one table, and the files that may break one, each with its reason.
import { checkImports } from "./folders.ts";
import { checkFileLength, checkFunctionLength, checkLineLength, checkLoops, checkOpening } from "./shape.ts";
import { withProject, type Complaint, type Project } from "./source.ts";
import { checkExports, checkOrphans } from "./usage.ts";
import { checkCalls, checkForms, checkTestsRun, checkTexts, checkTitles } from "./words.ts";

interface Rule {
  readonly name: string;
  readonly check: (project: Project) => readonly Complaint[];
}

/** The rules. `tidy.test.ts` holds a bad and a good text for each; a test asserts that none is left out. */
export const RULES: readonly Rule[] = [
  { name: "imports", check: checkImports },
  { name: "file-length", check: checkFileLength },
  { name: "function-length", check: checkFunctionLength },
  { name: "line-length", check: checkLineLength },
  { name: "calls", check: checkCalls },
  { name: "forms", check: checkForms },
  { name: "tests-run", check: checkTestsRun },
  { name: "texts", check: checkTexts },
  { name: "titles", check: checkTitles },
  { name: "loops", check: checkLoops },
  { name: "opening", check: checkOpening },
  { name: "orphans", check: checkOrphans },
  { name: "exports", check: checkExports },
];

/** A file that may break a rule. One that no longer does is itself a finding. */
export interface Allowance {
  readonly path: string;
  readonly rule: string;
  readonly reason: string;
}

const ALLOWED: readonly Allowance[] = [
  {
    path: "hypervisor/clock.ts",
    rule: "calls",
    reason:
      "the one clock of a guest's thread: a function can't be passed to another thread, so it is made there",
  },
  {
    path: "lang/syntax/member-parser.ts",
    rule: "function-length",
    reason: "a list of alternatives, each a few lines; the parser's recording wants them in one place",
  },
];

/**
 * Runs every rule over the texts; the answer is sorted by path and line, and printed as `path:line: error:
 * ...`.
 */
export function tidy(
  texts: ReadonlyMap<string, string>,
  allowed: readonly Allowance[] = ALLOWED,
): readonly string[] {
  const found = withProject(texts, (project) =>
    RULES.flatMap((rule) => rule.check(project).map((complaint) => ({ ...complaint, rule: rule.name }))),
  );
  const excuses = (allowance: Allowance, complaint: { path: string; rule: string }): boolean =>
    allowance.path === complaint.path && allowance.rule === complaint.rule;
  const kept = found.filter((complaint) => !allowed.some((allowance) => excuses(allowance, complaint)));
  const stale = allowed
    .filter((allowance) => !found.some((complaint) => excuses(allowance, complaint)))
    .map(({ path, rule }) => ({
      path,
      line: 1,
      rule,
      message: `an allowance for ${rule} that is not needed is banned, use none`,
    }));
  return [...kept, ...stale]
    .sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1))
    .map(({ path, line, message, rule }) => `${path}:${line}: error: ${message} [${rule}]`);
}
