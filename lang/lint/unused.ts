// VB5001, VB5002 and VB5006: names that nobody reads, and names that hide others.

import type { Diagnostic } from "../diagnostics.ts";
import { folderOf } from "../resolve/paths.ts";
import type * as ast from "../syntax/ast.ts";
import { namesOf, type Declared, type What } from "./names.ts";
import { removal, warn } from "./warn.ts";

const WORDS: Readonly<Record<What, string>> = {
  import: "import",
  param: "parameter",
  let: "`let`",
  function: "function",
  component: "component",
  type: "type",
  enum: "enum",
  parameter: "parameter",
  variable: "variable",
  thing: "name",
};

const COUNTED: ReadonlySet<What> = new Set([
  "import",
  "param",
  "let",
  "function",
  "component",
  "type",
  "enum",
]);

/** `root` is the root module's file or folder. */
export function nameLints(
  modules: readonly ast.Module[],
  root: string,
  sources: ReadonlyMap<string, string>,
): Diagnostic[] {
  const { declared, hidden } = namesOf(modules);
  const isRoot = (file: string): boolean => file === root || folderOf(file) === root;
  const unused = declared.filter((one) => !one.used && counts(one, isRoot(one.name.span.file)));
  return [
    ...unused.map((one) => unusedWarning(one, sources.get(one.name.span.file) ?? "")),
    ...declared.filter((one) => !one.used && one.what === "parameter").map(parameterWarning),
    ...hidden.map(({ inner, outer }) =>
      warn("VB5002", inner.name.span, `\`${inner.name.text}\` hides the ${WORDS[outer.what]} of that name.`, {
        hint: "Give one of the two another name.",
        related: [{ span: outer.name.span, message: "this one can't be read where the inner one is" }],
      }),
    ),
  ];
}

/** Others may read what an imported module declares, but for its private names and its imports. */
function counts({ what, name, isTop }: Declared, inRoot: boolean): boolean {
  if (!COUNTED.has(what)) return false;
  return inRoot || !isTop || what === "import" || name.text.startsWith("_");
}

function unusedWarning({ name, what, item }: Declared, text: string): Diagnostic {
  const message = `Nothing uses the ${WORDS[what]} \`${name.text}\`.`;
  // Who runs the lab may give the parameter: taking it away would be an error there.
  if (what === "param" || !item)
    return warn("VB5001", name.span, message, { hint: "Use it, or take it out." });
  return warn("VB5001", name.span, message, {
    hint: "Use it, or take it out.",
    fix: { title: `Remove \`${name.text}\``, edits: [removal(text, item)] },
  });
}

const parameterWarning = ({ name, owner }: Declared): Diagnostic =>
  warn("VB5006", name.span, `\`${owner}\` never reads its parameter \`${name.text}\`.`, {
    hint: "Use it, or take it out here and where it is given.",
  });
