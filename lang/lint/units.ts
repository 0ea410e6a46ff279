// VB5003: sizes of two families side by side, and bits where bytes seem to be meant.

import type { Diagnostic } from "../diagnostics.ts";
import type * as ast from "../syntax/ast.ts";
import { walk } from "./walk.ts";
import { warn } from "./warn.ts";

type NumberExpr = Extract<ast.Expr, { readonly node: "number" }>;
type Binary = Extract<ast.Expr, { readonly node: "binary" }>;
type Text = Extract<ast.Expr, { readonly node: "string" }>;

const BINARY_OF: Readonly<Record<string, string>> = { kB: "KiB", MB: "MiB", GB: "GiB", TB: "TiB" };
const RATES: ReadonlySet<string> = new Set(["bps", "kbps", "Mbps", "Gbps"]);
const SIZES: ReadonlySet<string> = new Set(["B", ...Object.entries(BINARY_OF).flat()]);
const BYTE_RATE = /^\d+(\.\d+)?\s*[kKMGT]?i?B(ps|\/s)$/;

export function suspiciousUnits(module: ast.Module): Diagnostic[] {
  const numbers: NumberExpr[] = [];
  const found: Diagnostic[] = [];
  const types = typesOf(module);
  walk(module.items, (node) => {
    if (node.node === "number") numbers.push(node as NumberExpr);
    else if (node.node === "binary") found.push(...byteFactor(node as Binary, types));
    else if (node.node === "string") found.push(...byteRate(node as Text));
  });
  return [...found, ...mixedSizes(numbers)];
}

function mixedSizes(numbers: readonly NumberExpr[]): Diagnostic[] {
  const first = new Map<string, NumberExpr>();
  for (const one of numbers.toReversed()) first.set(one.unit, one);
  return numbers.flatMap(({ unit, text, span }) => {
    const binary = BINARY_OF[unit];
    const other = binary === undefined ? undefined : first.get(binary);
    if (binary === undefined || other === undefined) return [];
    const families = `\`${unit}\` goes by 1000, \`${binary}\` by 1024`;
    const message = `\`${text}\` stands beside sizes in \`${binary}\`: ${families}.`;
    const meant = `${text.slice(0, -unit.length)}${binary}`;
    return [
      warn("VB5003", span, message, {
        hint: `Say \`${meant}\` if that is meant.`,
        related: [{ span: other.span, message: `\`${binary}\` here` }],
        fix: { title: `Write \`${meant}\``, edits: [{ span, text: meant }] },
      }),
    ];
  });
}

/** Names that say that they are a rate or a size. */
function typesOf(module: ast.Module): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  walk(module.items, (node) => {
    const { name, type } = node as { name?: ast.Name; type?: ast.Type };
    if (name !== undefined && type?.node === "named-type" && !type.module)
      types.set(name.text, type.name.text);
  });
  return types;
}

function byteFactor(expr: Binary, types: ReadonlyMap<string, string>): Diagnostic[] {
  if (expr.operator !== "*" && expr.operator !== "/") return [];
  const isEight = (one: ast.Expr): boolean => one.node === "number" && one.text === "8";
  const [value, eight] =
    expr.operator === "*" && isEight(expr.left) ? [expr.right, expr.left] : [expr.left, expr.right];
  if (!isEight(eight)) return [];
  const what =
    value.node === "number"
      ? RATES.has(value.unit)
        ? "rate"
        : SIZES.has(value.unit)
          ? "size"
          : ""
      : value.node === "reference"
        ? types.get(value.name)
        : "";
  if (what !== "rate" && what !== "size") return [];
  const message = `This turns bits into bytes by hand, but a ${what} ${expr.operator} 8 is still a ${what}.`;
  return [
    warn("VB5003", expr.span, message, {
      hint: "rate × duration is a size, size ÷ duration a rate: the 8 is in there.",
    }),
  ];
}

function byteRate({ parts, span }: Text): Diagnostic[] {
  const [text] = parts;
  if (parts.length !== 1 || typeof text !== "string" || !BYTE_RATE.test(text)) return [];
  return [
    warn("VB5003", span, `\`${text}\` is a rate in bytes; rates of this language are in bits per second.`, {
      hint: "Write it without quotes in `bps`, `kbps`, `Mbps` or `Gbps`: eight times the number.",
    }),
  ];
}
