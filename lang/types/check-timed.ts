// `at 10s for 500ms { down = true }`: timed statements of a record. They stand beside the entries of the
// object that the block becomes; what they set holds for a while only, so no defaults are filled in.

import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import { checkAs } from "./check-expression.ts";
import type { ObjectCode, TimedCode } from "./code.ts";
import { suggestion, type Context } from "./context.ts";
import type { RecordInfo } from "./declared.ts";
import { QUANTITIES } from "./type.ts";

const blocks = new WeakMap<ast.Expr, readonly ast.TimedBlock[]>();

/** Notes the timed statements of the block that `object` was made of. */
export function noteTimed(object: ast.Expr, timed: readonly ast.TimedBlock[]): void {
  if (timed.length > 0) blocks.set(object, timed);
}

/** The timed statements of an object, checked against its record; told where the record takes none. */
export function checkTimed(object: ast.Expr, info: RecordInfo | undefined, context: Context): TimedCode[] {
  const found = blocks.get(object) ?? [];
  const [first] = found;
  if (!first || info?.timed) return found.map((block) => checkBlock(block, info, context));
  const what = info ? `\`${info.name}\` is not.` : "This one is not.";
  context.reporter.error("VB2010", first.span, `\`at\` stands only in records that are \`timed\`. ${what}`);
  return [];
}

function checkBlock(block: ast.TimedBlock, info: RecordInfo | undefined, context: Context): TimedCode {
  const at = checkAs(block.at, context, QUANTITIES.duration, "The time after `at`");
  const duration = checkAs(block.duration, context, QUANTITIES.duration, "The time after `for`");
  const entries: ObjectCode[] = [];
  for (const item of block.body) {
    if (item.node !== "attribute") {
      const message = "Only plain attributes stand in an `at` block in this version.";
      context.reporter.error("VB2022", item.span, message);
      continue;
    }
    const { text, span } = item.name;
    const member = info?.members.get(text);
    if (!member) {
      const more = suggestion(span, nearest(text, info?.members.keys() ?? []));
      context.reporter.error("VB2004", span, `\`${info?.name}\` has no member \`${text}\`.`, more);
      continue;
    }
    if (entries.some((entry) => "name" in entry && entry.name === text)) {
      context.reporter.error("VB2005", span, `\`${text}\` is set twice.`);
    }
    const value = checkAs(item.value, context, member.type, `\`${text}\``);
    const key = { op: "constant", value: { is: "string", value: text }, span } as const;
    entries.push({ key, name: text, value, span: item.value.span });
  }
  return {
    at,
    duration,
    record: { op: "object", as: "record", entries, span: block.span },
    span: block.span,
  };
}
