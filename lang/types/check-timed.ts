// `at 10s for 500ms { down = true }`: timed statements of a record. They stand beside the entries of the
// object that the block becomes; what they set holds for a while only, so no defaults are filled in.

import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import { checkAs } from "./check-expression.ts";
import type { Code, ObjectCode, TimedCode } from "./code.ts";
import { suggestion, tellDeprecated, type Context } from "./context.ts";
import type { Member, RecordInfo } from "./declared.ts";
import { peel, QUANTITIES } from "./type.ts";

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
  const record = checkPart(block.body, block.span, info, context);
  return { at, duration, record, span: block.span };
}

/** What is set in the block, or in a record inside it: members by name, without defaults. */
function checkPart(
  items: readonly ast.Item[],
  where: ast.Span,
  info: RecordInfo | undefined,
  context: Context,
): Code {
  const entries: ObjectCode[] = [];
  for (const item of items) {
    if (item.node !== "attribute" && item.node !== "record") {
      context.reporter.error("VB2010", item.span, "Only what is set can stand in an `at` block.");
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
    tellDeprecated(member, span, context.reporter);
    const value = checkSetting(item, member, context);
    const key = { op: "constant", value: { is: "string", value: text }, span } as const;
    entries.push({ key, name: text, value, span: item.node === "record" ? item.span : item.value.span });
  }
  return { op: "object", as: "record", entries, span: where };
}

function checkSetting(item: ast.AttributeItem | ast.RecordItem, member: Member, context: Context): Code {
  const { text } = item.name;
  if (item.node === "attribute") return checkAs(item.value, context, member.type, `\`${text}\``);
  const type = peel(member.type);
  if (type.is === "record") return checkPart(item.body, item.span, type.info, context);
  if (type.is !== "error") {
    context.reporter.error("VB2010", item.span, `\`${text}\` is no record: write \`${text} = ...\`.`);
  }
  return { op: "broken", span: item.span };
}
