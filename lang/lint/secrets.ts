// VB5004: passwords and the like written into the file.

import type { Diagnostic } from "../diagnostics.ts";
import type * as ast from "../syntax/ast.ts";
import { walk } from "./walk.ts";
import { warn } from "./warn.ts";

const SECRET_WORDS = new Set(
  "password passwd passphrase secret token credential credentials apikey privatekey".split(" "),
);

/** Whether a name such as `API_TOKEN`, `--db-password` or `signingKey` says that its value is a secret. */
function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const joined = words.join("");
  return words.some((word) => SECRET_WORDS.has(word)) || /(api|private|access|signing)key$/.test(joined);
}

const HINT = "Take it from outside: `param NAME: secret string`, given by `VBUS_PARAM_NAME`.";

export function literalSecrets(module: ast.Module): Diagnostic[] {
  const found: Diagnostic[] = [];
  const tell = (span: ast.Span, name: string): void => {
    found.push(
      warn("VB5004", span, `The text of \`${name}\` stands in the file for everybody to read.`, {
        hint: HINT,
      }),
    );
  };
  walk(module.items, (node) => {
    if (node.node === "param" || node.node === "let" || node.node === "entry" || node.node === "attribute") {
      const { name, key, value } = node as { name?: ast.Name; key?: ast.EntryKey; value?: ast.Expr };
      const text = name?.text ?? key?.text ?? "";
      if (isSecretName(text) && isLiteral(value)) tell(value.span, text);
    } else if (node.node === "list") {
      const items = (node as Extract<ast.Expr, { readonly node: "list" }>).items.map(({ value }) => value);
      for (const [i, item] of items.entries()) {
        const flag = plainText(item);
        if (flag === undefined || !flag.startsWith("-")) continue;
        const [name = "", value] = flag.split(/=(.*)/s);
        const next = items[i + 1];
        if (!isSecretName(name)) continue;
        if (value !== undefined) {
          if (value !== "") tell(item.span, name);
        } else if (isLiteral(next) && !plainText(next)?.startsWith("-")) tell(next.span, name);
      }
    }
  });
  return found;
}

function plainText(expr: ast.Expr | undefined): string | undefined {
  if (expr?.node !== "string" || expr.parts.length > 1) return undefined;
  const [text = ""] = expr.parts;
  return typeof text === "string" ? text : undefined;
}

function isLiteral(expr: ast.Expr | undefined): expr is ast.Expr {
  const text = plainText(expr);
  return text !== undefined && text !== "";
}
